#include "training_job/pinned.h"

#include "json/codec.h"
#include "training_job/parts.h"

namespace millrace::training_job {
namespace {

using json::field;
constexpr json::Limits kMap{.max_length = 1024, .max_properties = 64};
constexpr json::Limits kText{.max_length = 1024};

constexpr json::Field kFields[] = {
    field<&Pinned::model>("model", "Lineage.", kText),
    field<&Pinned::trigger>("trigger", "What asked for the run.", kText),
    field<&Pinned::format>("format", "Format of the model.", kText),
    field<&Pinned::store>("store", "Where models go.", kText),
    field<&Pinned::secret_name>("secretName", "Secret of the store.", kText),
    field<&Pinned::parameters>("parameters", "Parameters.", kMap),
    field<&Pinned::images>("images", "Image of each step.", kMap),
    field<&Pinned::data>("data", "Sources with their identities.", {.max_items = 16}),
    field<&Pinned::code>("code", "The code's commit."),
    field<&Pinned::gates>("gates", "Gates of the version.", {.max_items = 16}),
    field<&Pinned::evaluation>("evaluation", "How the version is measured."),
    field<&Pinned::registry>("registry", "Where the version is made known."),
    field<&Pinned::approval>("approval", "Whether a person must approve the version.", {.fallback = "Automatic"}),
    field<&Pinned::counted>("counted", "Counted failures before this attempt.", {.min = 0}),
    field<&Pinned::disruptions>("disruptions", "Disruptions before this attempt.", {.min = 0}),
    field<&Pinned::data_changes>("dataChanges", "Attempts before this one that met other bytes.", {.min = 0}),
    field<&Pinned::memory>("memory", "Memory of train, after less was too little.", kText),
    field<&Pinned::prepared>("prepared", "Inputs that were prepared once."),
    field<&Pinned::image_ids>("imageIds", "Images that ran when inputs were prepared once.", kMap),
    field<&Pinned::reports>("reports", "Where its pod tells of progress.", kText),
    field<&Pinned::report>("report", "Metrics that publish tells.", {.max_length = 40, .max_items = 32}),
};

}  // namespace

constinit const json::Schema Pinned::schema{.doc = "What a run promised when it began.", .fields = kFields};

Pinned pin(const Spec& spec, const Status& status) {
  Pinned out{.model = spec.model,
             .format = spec.output.format,
             .trigger = status.run.trigger,
             .store = store_uri(spec.output.store),
             .secret_name = spec.output.store.secret_name,
             .parameters = spec.parameters,
             .images = {{"train", spec.train.image}},
             .data = status.data,
             .code = status.code,
             .gates = spec.version.gates,
             .evaluation = spec.version.evaluation,
             .approval = spec.version.approval,
             .counted = status.run.counted,
             .disruptions = status.run.disruptions,
             .data_changes = status.run.data_changes,
             .memory = status.run.memory,
             .report = reported_metrics(spec)};
  if (const auto& mlflow = spec.tracking.mlflow) {
    out.registry = model_version::Registry{.mlflow = {.uri = mlflow->uri,
                                                      .experiment = mlflow->experiment.empty() ? spec.model : mlflow->experiment,
                                                      .model = spec.model,
                                                      .secret_name = mlflow->secret_name,
                                                      .aliases = mlflow->aliases}};
  }
  if (!status.run.prepared.claim.empty()) out.prepared = status.run.prepared;
  if (status.run.prepared.attempt > 0) out.image_ids = status.run.images;
  if (spec.preprocess) out.images["preprocess"] = spec.preprocess->image;
  if (spec.evaluate) out.images["evaluate"] = spec.evaluate->image;
  return out;
}

std::string to_text(const Pinned& pinned) { return json::dump(json::encode(pinned)); }

std::optional<Pinned> read_pinned(const kube::ObjectMeta& job) {
  auto decoded = json::decode<Pinned>(job.annotation(kPinnedAnnotation));
  if (!decoded) return std::nullopt;
  return std::move(*decoded);
}

}  // namespace millrace::training_job
