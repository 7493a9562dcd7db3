#include "support/toy/widget.h"

namespace millrace::toy {
namespace {

using json::field;

constexpr json::Field kPart[] = {
    field<&Part::name>("name", "Name of the part.", {.max_length = 40, .required = true}),
    field<&Part::size>("size", "Size of the part.", {.max_length = 40}),
};
constexpr json::Field kSpec[] = {
    field<&Spec::colour>("colour", "Colour of the widget.", {.max_length = 20, .fallback = "red"}),
    field<&Spec::replicas>("replicas", "How many pods.", {.min = 0, .max = 10, .fallback = "2"}),
    field<&Spec::serial>("serial", "Serial number.", {.max_length = 40, .immutable = true}),
    field<&Spec::memory>("memory", "Memory of a pod."),
    field<&Spec::parts>("parts", "Parts of the widget.", {.max_items = 10, .list_key = "name"}),
    field<&Spec::args>("args", "Arguments.", {.max_items = 10}),
    field<&Spec::options>("options", "Options.", {.max_length = 100, .max_properties = 10}),
    field<&Spec::extra>("extra", "Anything."),
};
bool not_black(const Spec& s) { return s.colour != "black" || s.replicas == 0; }
constexpr json::Rule kSpecRules[] = {
    json::rule<Spec, not_black>("!has(self.colour) || self.colour != 'black' || self.replicas == 0", "spec.colour: black needs replicas 0",
                                R"({"colour":"black","replicas":0})", R"({"colour":"black","replicas":1})"),
};
constexpr json::Field kStatus[] = {
    field<&Status::observed_generation>("observedGeneration", "Generation that this status is about."),
    field<&Status::phase>("phase", "What goes on."),
    field<&Status::message>("message", "What goes on, in a sentence."),
    field<&Status::ready>("ready", "Ready pods.", {.is_volatile = true}),
    field<&Status::conditions>("conditions", "Conditions.", {.max_items = 10}),
};
constexpr json::Field kWidget[] = {
    field<&Widget::meta>("metadata", "Metadata."),
    field<&Widget::spec>("spec", "What is wanted.", {.fallback = "{}"}),
    field<&Widget::status>("status", "What is."),
};

}  // namespace

constinit const json::Schema Part::schema{.doc = "A part.", .fields = kPart};
constinit const json::Schema Spec::schema{.doc = "What is wanted.", .fields = kSpec, .rules = kSpecRules};
constinit const json::Schema Status::schema{.doc = "What is.", .fields = kStatus};
constinit const json::Schema Widget::schema{.doc = "A widget.", .fields = kWidget};

}  // namespace millrace::toy
