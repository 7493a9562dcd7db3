#include "json/schema.h"

namespace millrace::json {

const Codec CodecOf<std::string>::value{.kind = Codec::Kind::String};
const Codec CodecOf<bool>::value{.kind = Codec::Kind::Boolean};
const Codec CodecOf<std::int64_t>::value{.kind = Codec::Kind::Integer};
const Codec CodecOf<core::Duration>::value{.kind = Codec::Kind::Duration};
const Codec CodecOf<core::Instant>::value{.kind = Codec::Kind::Instant};
const Codec CodecOf<Quantity>::value{.kind = Codec::Kind::Quantity};
const Codec CodecOf<Decimal>::value{.kind = Codec::Kind::Decimal};
const Codec CodecOf<Text>::value{.kind = Codec::Kind::Raw};
const Codec CodecOf<StringMap>::value{.kind = Codec::Kind::StringMap};

}  // namespace millrace::json
