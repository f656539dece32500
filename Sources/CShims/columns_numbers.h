/* The numbers of columns, once for each instruction set: a part of columns.h. */

/* m * 10^q is m * up[q + 22] / down[q + 22]: one of the two is 1. */
enum { QW_EXACT_POWERS = 22 };
#define QW_POWERS 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, \
                  1e19, 1e20, 1e21, 1e22
#define QW_ONES 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1
static const double up[2 * QW_EXACT_POWERS + 1] = {QW_ONES, 1, QW_POWERS};
static const double down[2 * QW_EXACT_POWERS + 1] = {1e22, 1e21, 1e20, 1e19, 1e18, 1e17, 1e16, 1e15, 1e14, 1e13, 1e12,
  1e11, 1e10, 1e9, 1e8, 1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 1e1, 1, QW_ONES};

/* m * 10^q by the leading 128 bits of 5^q (Lemire 2021, section 5), for m above 0, q in -64...64 and so a normal
   result; 0 where that does not decide. */
TARGET QW_INLINE int wide(uint64_t m, long q, uint64_t *bits) {
  int zeros = __builtin_clzll(m);
  m <<= zeros;
  const uint64_t *power = qw_json_power5((int32_t)q);
  unsigned __int128 product = (unsigned __int128)m * power[0];
  uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;
  if (QW_RARE((high & 0x1FF) == 0x1FF)) {
    uint64_t second = (uint64_t)((unsigned __int128)m * power[1] >> 64);
    low += second;
    high += low < second;
    if (low == ~0ull && (q < -27 || q > 55)) return 0;
  }
  /* 54 bits with the first one set, the last of them for rounding. */
  int upper = (int)(high >> 63), cut = upper + 9;
  uint64_t b = high >> cut;
  /* Exactly between two doubles: ties to even. */
  if (QW_RARE(low <= 1)) {
    if (q >= -4 && q <= 23 && (b & 3) == 1 && b << cut == high) b &= ~1ull;
  }
  /* Rounding up may carry into the exponent, where it belongs. */
  b = (b + (b & 1)) >> 1;
  uint64_t exponent = (uint64_t)((217706 * q >> 16) + 63 + upper - zeros + 1022);
  *bits = (exponent << 52) + b;
  return 1;
}

/* m * 10^q; 0 where the exact ways do not decide. */
TARGET QW_INLINE int scale(uint64_t m, long q, uint64_t sign, uint64_t *bits) {
  /* A limit below 2^53, so that numbers of many digits all go one way. */
  if (m >> 32 == 0 && (unsigned long)(q + QW_EXACT_POWERS) <= 2 * QW_EXACT_POWERS) {
    /* All operands are exact, so the one operation that is not by 1 rounds once (Clinger 1990). */
    double d = (double)(int64_t)m * up[q + QW_EXACT_POWERS] / down[q + QW_EXACT_POWERS];
    memcpy(bits, &d, 8);
  } else if (m == 0) {
    *bits = 0;
  } else if (QW_RARE(q < -64 || q > 64 || !wide(m, q, bits))) {
    return 0;
  }
  *bits |= sign;
  return 1;
}

/* The digits of [s, e), unsigned, with at most one dot among them: a mantissa and how many of its digits stand behind
   the dot. 0 for anything that is no JSON number of this form, and for more digits than 64 bits hold. */
TARGET QW_INLINE int mantissa(const uint8_t *s, const uint8_t *e, uint64_t *m, long *behind) {
  long n = e - s;
  if (QW_RARE(n <= 0 || n > 31)) return 0;
  uint32_t bad = 0, dots = dots32(e - 32) & (0xFFFFFFFFu << (32 - n));
  long fraction = dots ? 31 - (long)__builtin_ctz(dots) : 32;
  long has_dot = dots != 0;
  *behind = dots ? fraction : 0;
  long whole = n - has_dot - *behind;
  uint64_t head, low = digits32(e, n - has_dot, fraction, &head, &bad);
  *m = head * 10000000000000000ull + low;
  /* 1843 * 10^16 + (10^16 - 1) is below 2^64. Digits on both sides of the dot; a first zero stands alone. */
  return !bad & (head <= 1843) & (whole > 0) & (fraction > 0) & !((*s == '0') & (whole > 1));
}

/* Any number without a sign, perhaps with an exponent: `300`, `2.7574361E7`, `1.3e-05`. */
TARGET QW_INLINE int any_number(
  const uint8_t *s, const uint8_t *e, uint64_t sign, uint64_t *bits) {
  uint64_t m;
  long behind, length = 2;
  while (length <= 5 && (e[-length] | 0x20) != 'e') length++;
  if (length > 5 || e - s <= length) return mantissa(s, e, &m, &behind) && scale(m, -behind, sign, bits);
  const uint8_t *x = e - length + 1;
  long part = 0, below = *x == '-';
  if (below || *x == '+') x++;
  if (x == e) return 0;
  for (; x < e; x++) {
    if ((uint8_t)(*x - '0') > 9) return 0;
    part = part * 10 + (*x - '0');
  }
  if (!mantissa(s, e - length, &m, &behind)) return 0;
  return scale(m, (below ? -part : part) - behind, sign, bits);
}

#define QW_NAN 0x224E614E22ull   /* "NaN" */
#define QW_NULL 0x6C6C756Eull    /* null */
#define QW_NOT_A_NUMBER 0x7FF8000000000000ull

TARGET QW_INLINE int no_plain_double(const uint8_t *s, const uint8_t *e, uint8_t *to) {
  uint64_t text = word8(s), bits = QW_NOT_A_NUMBER, sign = (uint64_t)(*s == '-') << 63;
  if (!(e - s == 5 && (text & 0xFFFFFFFFFFull) == QW_NAN) && !(e - s == 4 && (uint32_t)text == QW_NULL) &&
      !any_number(s + (sign != 0), e, sign, &bits)) {
    return 0;
  }
  put8(to, bits);
  return 1;
}

/* A number with a dot, of up to 31 characters, perhaps with an exponent of one digit; 0 for others. Where exponents
   come by chance, as with volumes, no branch asks for them. */
TARGET QW_INLINE int plain_double(const uint8_t *s, const uint8_t *e, uint8_t *to, int by_chance) {
  long q = 0, power = 0;
  if (by_chance) {
    /* A letter, perhaps a sign, and a digit. */
    long sign = (e[-2] == '-') | (e[-2] == '+'), letter = sign ? e[-3] == 'E' : e[-2] == 'E';
    power = (uint8_t)(e[-1] - '0') & -letter;
    q = e[-2] == '-' ? -power : power;
    e -= (2 + sign) & -letter;
  } else if ((e[-2] == 'E') | (e[-3] == 'E')) {
    /* A letter, perhaps a sign, and a digit. */
    q = (uint8_t)(e[-1] - '0');
    if (QW_RARE(q > 9)) return 0;
    if (e[-2] == '-') q = -q;
    e -= e[-2] == 'E' ? 2 : ((e[-2] == '-') | (e[-2] == '+')) ? 3 : 32;
  }
  uint64_t minus = *s == '-';
  const uint8_t *first = s + minus;
  long n = e - first;
  if (QW_RARE(n < 3 || n > 31)) return 0;
  uint32_t dots = dots32(e - 32) >> (32 - n);
  if (QW_RARE(dots == 0)) return 0;
  /* Digits on both sides of the dot; a first zero stands alone. */
  long whole = __builtin_ctz(dots), fraction = n - 1 - whole;
  if (QW_RARE(whole == 0 || fraction == 0 || (*first == '0' && whole > 1))) return 0;
  uint32_t bad = 0;
  uint64_t head, low = digits32(e, n - 1, fraction, &head, &bad), m = head * 10000000000000000ull + low, bits;
  if (QW_RARE(bad || head > 1843 || power > 9)) return 0;
  q -= fraction;
  /* The limit is below 2^53, so that numbers of many digits all go one way. */
  if (m >> 32) {
    if (QW_RARE(!wide(m, q, &bits))) return 0;
  } else if (QW_RARE(q < -QW_EXACT_POWERS)) {
    return 0;
  } else {
    /* All operands are exact, so the one operation that is not by 1 rounds once (Clinger 1990). */
    double d = (double)(int64_t)m * up[q + QW_EXACT_POWERS] / down[q + QW_EXACT_POWERS];
    memcpy(&bits, &d, 8);
  }
  put8(to, bits | minus << 63);
  return 1;
}

/* An integer of up to 19 digits, "NaN" or null. */
TARGET QW_INLINE int read_integer(const uint8_t *s, const uint8_t *e, int64_t *value) {
  const uint8_t *first = s + (*s == '-');
  long n = e - first;
  uint32_t bad = 0;
  if (QW_RARE(n <= 0 || n > 19)) return 0;
  uint64_t m;
  if (n <= 16) {
    m = integer16(e, n, &bad);
  } else {
    uint64_t head;
    m = digits32(e, n, 32, &head, &bad);
    m += head * 10000000000000000ull;
    bad |= m > INT64_MAX;
  }
  if (QW_RARE(bad)) {
    uint64_t text = word8(s);
    *value = 0;
    return (e - s == 5 && (text & 0xFFFFFFFFFFull) == QW_NAN) || (e - s == 4 && (uint32_t)text == QW_NULL);
  }
  if (QW_RARE((*first == '0') & (n > 1))) return 0;
  *value = first == s ? (int64_t)m : -(int64_t)m;
  return 1;
}

TARGET QW_LEAF int read_one_integer(const uint8_t *s, const uint8_t *e, int64_t *value) {
  return read_integer(s, e, value);
}

/* The same; a single digit at once. */
TARGET QW_INLINE int read_small(const uint8_t *s, const uint8_t *e, int64_t *value) {
  if (e - s == 1) {
    *value = *s - '0';
    return (uint64_t)*value <= 9;
  }
  return read_one_integer(s, e, value);
}
