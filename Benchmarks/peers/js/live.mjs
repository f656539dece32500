// A live client in Node: WebSocket and JSON.parse.
// usage: node live.mjs builtin|ws PORT SCHEMA [check]
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const [implementation, port, schemaPath, check] = process.argv.slice(2);
const kinds = JSON.parse(readFileSync(schemaPath, "utf8"));
const names = Object.keys(kinds).sort();
// Debian's packages are outside of an ES module's ways.
const WebSocketClass =
  implementation === "builtin" ? WebSocket : createRequire("/usr/share/nodejs/")("/usr/share/nodejs/ws");

const greetings = [
  { type: "SETUP", channel: 0, version: "0.1-peer/1.0", keepaliveTimeout: 60, acceptKeepaliveTimeout: 60 },
  { type: "CHANNEL_REQUEST", channel: 1, service: "FEED", parameters: { contract: "AUTO" } },
  { type: "FEED_SETUP", channel: 1, acceptAggregationPeriod: 0, acceptDataFormat: "COMPACT" },
  { type: "FEED_SUBSCRIPTION", channel: 1, add: [{ type: "Quote", symbol: "*" }] },
];

// MARK: the checksum (README.md); integers beyond 2^53 have lost their last bits by the time they come here

const encoder = new TextEncoder();
const bits = new DataView(new ArrayBuffer(8));
const states = new Map();

function fnv(bytes) {
  let h = 0x811c9dc5;
  for (const byte of bytes) h = Math.imul(h ^ byte, 0x01000193);
  return h >>> 0;
}

function fold(state, word) {
  state.a = Math.imul(state.a ^ word, 0x01000193);
  state.b = Math.imul(((state.b << 5) | (state.b >>> 27)) ^ word, 0x85ebca6b);
}

function foldInteger(state, value) {
  bits.setBigInt64(0, BigInt(value), true);
  fold(state, bits.getUint32(0, true));
  fold(state, bits.getUint32(4, true));
}

function foldDouble(state, value) {
  const number = value === null ? NaN : Number(value);
  bits.setFloat64(0, number, true);
  if (Number.isNaN(number)) bits.setBigUint64(0, 0x7ff8000000000000n, true);
  fold(state, bits.getUint32(0, true));
  fold(state, bits.getUint32(4, true));
}

function add(name, row) {
  let state = states.get(name);
  if (!state) states.set(name, (state = { a: fnv(encoder.encode(name)), b: 0x9e3779b9, count: 0 }));
  state.count += 1;
  row.forEach((value, i) => {
    const kind = kinds[name][i];
    if (kind === "d") foldDouble(state, value);
    else if (kind === "i") foldInteger(state, value === null || value === "NaN" ? 0 : value);
    else if (kind === "b") foldInteger(state, value ? 1 : 0);
    else {
      const bytes = encoder.encode(value ?? "");
      fold(state, fnv(bytes));
      fold(state, bytes.length);
    }
  });
}

function checksum() {
  const total = { a: 0x811c9dc5, b: 0x9e3779b9 };
  for (const name of names) {
    const state = states.get(name);
    if (!state) continue;
    fold(total, state.a);
    fold(total, state.b);
    foldInteger(total, state.count);
  }
  return [total.a, total.b].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
}

// MARK: the client

let frames = 0, bytes = 0, events = 0, rows = [];
let cpuStart, start;

function take(text) {
  const message = JSON.parse(text);
  if (message.type !== "FEED_DATA") return;
  const data = message.data;
  for (let i = 0; i + 1 < data.length; i += 2) {
    const name = data[i], values = data[i + 1], width = kinds[name].length;
    rows = [];
    for (let at = 0; at < values.length; at += width) rows.push(values.slice(at, at + width));
    events += rows.length;
    if (check) for (const row of rows) add(name, row);
  }
  frames += 1;
  bytes += text.length;
}

const socket = new WebSocketClass(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
socket.onopen = () => {
  for (const greeting of greetings) socket.send(JSON.stringify(greeting));
  cpuStart = process.cpuUsage();
  start = process.hrtime.bigint();
};
socket.onmessage = (event) => take(event.data);
socket.onerror = (event) => {
  console.error(`the connection failed: ${event.message ?? event.error}`);
  process.exit(1);
};
socket.onclose = (event) => {
  const used = process.cpuUsage(cpuStart);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (event.code !== 1000) {
    console.error(`the connection ended with ${event.code}`);
    process.exit(1);
  }
  console.log(JSON.stringify({
    frames, bytes, events, cpuSeconds: (used.user + used.system) / 1e6, seconds, checksum: check ? checksum() : "",
  }));
};
