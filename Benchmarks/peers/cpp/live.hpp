// What the live C++ clients say to a dxLink server. They know the columns beforehand, so they wait for no answers.
#pragma once

#include "peer.hpp"

namespace peer {

inline const char *const greetings[] = {
    R"({"type":"SETUP","channel":0,"version":"0.1-peer/1.0","keepaliveTimeout":60,"acceptKeepaliveTimeout":60})",
    R"({"type":"CHANNEL_REQUEST","channel":1,"service":"FEED","parameters":{"contract":"AUTO"}})",
    R"({"type":"FEED_SETUP","channel":1,"acceptAggregationPeriod":0,"acceptDataFormat":"COMPACT"})",
    R"({"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Quote","symbol":"*"}]})",
};

} // namespace peer
