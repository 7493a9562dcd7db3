#include "core/text.h"
#include "model_version/api/model_version.h"

namespace millrace::model_version {
namespace {

using json::field, json::rule, json::transition;

constexpr std::int64_t kExact = 9'007'199'254'740'991;  // the greatest integer that every reader of JSON keeps exact
constexpr std::int64_t kMostNumbers = 9'999'999'999;    // <model>-v<number> fits a name: 40 + 2 + 10 of 52 characters

bool has_a_bound(const Gate& g) { return g.min || g.max || g.champion; }
bool bounds_rise(const Gate& g) {
  return !g.min || !g.max ||
         (core::is_decimal(g.min->text) && core::is_decimal(g.max->text) && core::decimal(g.min->text) <= core::decimal(g.max->text));
}
bool unchanged(const Spec& before, const Spec& after) {
  Spec same = after;
  same.approval = before.approval;
  same.quarantine = before.quarantine;
  same.deletion_policy = before.deletion_policy;
  return before == same;
}
bool stays_decided(const Approval& before, const Approval& after) {
  return before.decision == after.decision || after.decision != ApprovalDecision::Pending;
}

constexpr json::Field kArtifact[] = {
    field<&Artifact::uri>("uri", "Where the bytes lie: pvc://<claim>/<path>, s3://<bucket>/<key> or https://….",
                          {.max_length = 1024, .pattern = "^(pvc|https|s3)://.+$", .example = "pvc://models/churn", .required = true}),
    field<&Artifact::digest>("digest", "Digest of the file, or of the folder's manifest.",
                             {.max_length = 71, .pattern = "^sha256:[0-9a-f]{64}$", .required = true}),
    field<&Artifact::size>("size", "Size in bytes; 0 when not told.", {.min = 0, .max = kExact, .fallback = "0"}),
    field<&Artifact::format>("format", "What the bytes are, for the choice of a runtime.",
                             {.max_length = 40, .pattern = "^[a-z][-a-z0-9]*$", .example = "sklearn", .required = true}),
    field<&Artifact::secret_name>("secretName", "Secret of the same namespace that verify Jobs and serving pods read the bytes with.",
                                  {.max_length = 253, .pattern = "^([a-z0-9]([-.a-z0-9]*[a-z0-9])?)?$", .example = "models-read"}),
};
constexpr json::Field kDataProvenance[] = {
    field<&DataProvenance::name>("name", "Name of the data in the TrainingJob.", {.max_length = 40, .required = true}),
    field<&DataProvenance::uri>("uri", "Where it was.", {.max_length = 1024}),
    field<&DataProvenance::repo>("repo", "Repository of a dvc source.", {.max_length = 1024}),
    field<&DataProvenance::path>("path", "Path in the repository.", {.max_length = 512}),
    field<&DataProvenance::remote>("remote", "Remote of the repository that its bytes come from, when the source named one.",
                                   {.max_length = 128}),
    field<&DataProvenance::commit>("commit", "Commit that it was found in.", {.max_length = 64}),
    field<&DataProvenance::identity>("identity", "What it was pinned to.", {.max_length = 256}),
    field<&DataProvenance::strength>("strength", "Strong: the identity is a content hash. Weak: it is not.", {.max_length = 8}),
    field<&DataProvenance::sha256>("sha256", "Digest of the bytes that were read.", {.max_length = 71}),
};
constexpr json::Field kCodeProvenance[] = {
    field<&CodeProvenance::repo>("repo", "Repository of the code.", {.max_length = 1024}),
    field<&CodeProvenance::commit>("commit", "Commit that ran.", {.max_length = 64}),
};
constexpr json::Field kImageProvenance[] = {
    field<&ImageProvenance::container>("container", "Name of the container.", {.max_length = 63, .required = true}),
    field<&ImageProvenance::image>("image", "Image as the TrainingJob names it.", {.max_length = 512}),
    field<&ImageProvenance::image_id>("imageID", "Image that really ran.", {.max_length = 512}),
};
constexpr json::Field kProvenance[] = {
    field<&Provenance::training_job>("trainingJob", "Name of the TrainingJob that made it.", {.max_length = 63}),
    field<&Provenance::training_job_uid>("trainingJobUID", "Its uid.", {.max_length = 64}),
    field<&Provenance::run>("run", "Number of the run.", {.min = 0, .max = kMostNumbers, .fallback = "0"}),
    field<&Provenance::input_hash>("inputHash", "Hash of everything that determines the result.", {.max_length = 80}),
    field<&Provenance::data>("data", "The data it was trained on.", {.max_items = 16, .list_key = "name"}),
    field<&Provenance::code>("code", "The code that ran."),
    field<&Provenance::images>("images", "The images that ran.", {.max_items = 16, .list_key = "container"}),
    field<&Provenance::parameters>("parameters", "The parameters of the run.", {.max_length = 1024, .max_properties = 64}),
};
constexpr json::Field kChampionGate[] = {
    field<&ChampionGate::service>("service",
                                  "InferenceService whose stable version is the champion; required when the model has more than one.",
                                  {.max_length = 40, .example = "churn"}),
    field<&ChampionGate::min_delta>("minDelta", "The least that the value minus the champion's value may be; absent: 0.",
                                    {.example = "-0.005"}),
};
constexpr json::Field kGate[] = {
    field<&Gate::metric>("metric", "Name of the metric.", {.min_length = 1, .max_length = 40, .example = "accuracy", .required = true}),
    field<&Gate::min>("min", "The least that passes.", {.example = "0.90"}),
    field<&Gate::max>("max", "The most that passes.", {.example = "0.2"}),
    field<&Gate::champion>("champion",
                           "Comparison with the same metric of the version that a service has in place; without one it passes."),
};
constexpr json::Rule kGateRules[] = {
    rule<Gate, has_a_bound>("has(self.min) || has(self.max) || has(self.champion)", "gates[]: min, max or champion is required",
                            R"({"metric":"a","champion":{"minDelta":"0.01"}})", R"({"metric":"a"})"),
    rule<Gate, bounds_rise>("!has(self.min) || !has(self.max) || double(self.min) <= double(self.max)",
                            "gates[]: min must not be above max", R"({"metric":"a","min":"0.1","max":"0.2"})",
                            R"({"metric":"a","min":"0.3","max":"0.2"})", "'min ' + self.min + ', max ' + self.max"),
};
bool is_pinned(const EvaluationData& d) { return d.uri.empty() == d.digest.empty(); }

bool deletes_what_it_can(const Spec& s) {
  const std::string& uri = s.artifact.uri;
  return s.deletion_policy != DeletionPolicy::Delete || uri.starts_with("s3://") || uri.starts_with("pvc://");
}

bool has_its_data(const Spec& s) {
  if (!s.evaluation) return true;
  return std::all_of(s.evaluation->data.begin(), s.evaluation->data.end(), [&](const EvaluationData& d) {
    if (!d.uri.empty()) return true;
    return s.provenance &&
           std::any_of(s.provenance->data.begin(), s.provenance->data.end(), [&](const auto& p) { return p.name == d.name; });
  });
}

constexpr json::Field kEvaluationData[] = {
    field<&EvaluationData::name>("name",
                                 "Folder below /millrace/data. Without uri: data of the run with this name, as it was pinned for it.",
                                 {.max_length = 40, .pattern = "^[a-z]([-a-z0-9]*[a-z0-9])?$", .example = "holdout", .required = true}),
    field<&EvaluationData::uri>("uri", "Where the data lies; then digest is required.",
                                {.max_length = 1024, .example = "s3://bucket/holdout.parquet"}),
    field<&EvaluationData::digest>("digest", "What the bytes must be: sha256:<hex>, as docs/pods.md defines it.",
                                   {.max_length = 71,
                                    .pattern = "^(sha256:[0-9a-f]{64})?$",
                                    .example = "sha256:0000000000000000000000000000000000000000000000000000000000000000"}),
    field<&EvaluationData::secret_name>("secretName", "Secret of the same namespace that the data is read with.",
                                        {.max_length = 253, .pattern = "^([a-z0-9]([-.a-z0-9]*[a-z0-9])?)?$", .example = "bucket-read"}),
};
constexpr json::Rule kEvaluationDataRules[] = {
    rule<EvaluationData, is_pinned>(
        "(has(self.uri) && self.uri != '') == (has(self.digest) && self.digest != '')",
        "evaluation.data[]: uri and digest go together, so that every version meets the same bytes; without both, "
        "name is data of the run",
        R"({"name":"train"})", R"({"name":"train","uri":"pvc://a/b"})"),
};
constexpr json::Field kEvaluation[] = {
    field<&Evaluation::step>(
        "step", "Runs once per model: reads MILLRACE_MODEL_DIR and /millrace/data, writes metrics.json to MILLRACE_OUTPUT_DIR.",
        {.required = true}),
    field<&Evaluation::data>("data", "What both are measured on.", {.min_items = 1, .max_items = 7, .list_key = "name", .required = true}),
};
constexpr json::Field kMlflowRegistry[] = {
    field<&MlflowRegistry::uri>("uri", "Address of the MLflow server.",
                                {.max_length = 1024, .pattern = "^https?://[^ ]+$", .example = "http://mlflow:5000", .required = true}),
    field<&MlflowRegistry::experiment>("experiment", "Experiment that gets the run; the model's name when empty.",
                                       {.max_length = 250, .example = "churn"}),
    field<&MlflowRegistry::model>("model", "Registered model; spec.model when empty.", {.max_length = 250, .example = "churn"}),
    field<&MlflowRegistry::secret_name>("secretName", "Secret of the same namespace; keys username and password, or token, and ca.crt.",
                                        {.max_length = 253, .pattern = "^([a-z0-9]([-.a-z0-9]*[a-z0-9])?)?$", .example = "mlflow"}),
    field<&MlflowRegistry::aliases>("aliases", "Aliases that the version gets, from an older one.",
                                    {.max_length = 64, .max_items = 8, .pattern = "^[A-Za-z][-_A-Za-z0-9]*$"}),
};
constexpr json::Field kRegistry[] = {
    field<&Registry::mlflow>("mlflow", "MLflow's model registry.", {.required = true}),
};
constexpr json::Field kApproval[] = {
    field<&Approval::policy>("policy", "Manual: the version is not ready before a person approved it. Automatic: passed gates are enough.",
                             {.example = "Manual", .fallback = "Automatic"}),
    field<&Approval::decision>(
        "decision",
        "A person's decision; it cannot return to Pending. A version made by hand is taken by policy Latest only after "
        "it was approved.",
        {.example = "Approved", .fallback = "Pending"}),
    field<&Approval::by>("by", "Who decided: the user name, as the API server knows it.",
                         {.max_length = 256, .example = "jane@example.org"}),
    field<&Approval::reason>("reason", "Why.", {.max_length = 1024, .example = "checked on the holdout of May"}),
};
constexpr json::Rule kApprovalRules[] = {
    transition<Approval, stays_decided>("self.decision == oldSelf.decision || self.decision != 'Pending'",
                                        "approval.decision: cannot return to Pending; allowed: Approved, Rejected",
                                        R"([{"decision":"Approved"},{"decision":"Rejected"}])",
                                        R"([{"decision":"Approved"},{"decision":"Pending"}])"),
};
constexpr json::Field kQuarantine[] = {
    field<&Quarantine::active>("active", "True: no service takes the version up.", {.example = "true", .fallback = "false"}),
    field<&Quarantine::reason>("reason", "Why.", {.max_length = 1024, .example = "trained on the rows of a broken sensor"}),
};
constexpr json::Field kSpec[] = {
    field<&Spec::model>("model", "The model that this is a version of.",
                        {.max_length = 40, .pattern = "^[a-z]([-a-z0-9]*[a-z0-9])?$", .example = "churn", .required = true}),
    field<&Spec::version>("version", "Number within the model; unique in the namespace.",
                          {.min = 1, .max = kMostNumbers, .required = true}),
    field<&Spec::artifact>("artifact", "The bytes.", {.required = true}),
    field<&Spec::provenance>("provenance", "Where it comes from."),
    field<&Spec::metrics>("metrics", "What was measured, as decimals.", {.max_length = 32, .max_properties = 256}),
    field<&Spec::gates>("gates", "What the metrics must show before the version is ready.", {.max_items = 32}),
    field<&Spec::evaluation>("evaluation",
                             "A Job that measures the version, and the champion beside it, on the same data; then only its "
                             "numbers count for gates."),
    field<&Spec::registry>("registry",
                           "Where the version is made known once it is ready, by a Job of the namespace. Serving never waits for it."),
    field<&Spec::approval>("approval", "A person's word. May be changed, by who has the verb approve.", {.fallback = "{}"}),
    field<&Spec::quarantine>("quarantine", "Keeps services off the version. May be changed, by who has the verb quarantine."),
    field<&Spec::deletion_policy>(
        "deletionPolicy",
        "What becomes of the bytes when the version is deleted. Delete: a Job of the namespace deletes them first, "
        "unless another version of the namespace names them too. May be changed.",
        {.example = "Delete", .fallback = "Retain"}),
};
#define MILLRACE_EXAMPLE(version)                                                    \
  R"({"model":"m","version":)" version R"(,"artifact":{"uri":"pvc://a/b","digest":)" \
  R"("sha256:0000000000000000000000000000000000000000000000000000000000000000","format":"sklearn"}})"
#define MILLRACE_LEAVING(uri)                                            \
  R"({"model":"m","version":1,"artifact":{"uri":")" uri R"(","digest":)" \
  R"("sha256:0000000000000000000000000000000000000000000000000000000000000000","format":"sklearn"},"deletionPolicy":"Delete"})"
#define MILLRACE_EVALUATED(name)                                                                                            \
  R"({"model":"m","version":1,"artifact":{"uri":"pvc://a/b","digest":)"                                                     \
  R"("sha256:0000000000000000000000000000000000000000000000000000000000000000","format":"sklearn"},"provenance":{"data":[)" \
  R"({"name":"train"}]},"evaluation":{"step":{"image":"i","command":["c"]},"data":[{"name":")" name R"("}]}})"
constexpr json::Rule kSpecRules[] = {
    transition<Spec, unchanged>(
        "self.model == oldSelf.model && self.version == oldSelf.version && self.artifact == oldSelf.artifact && "
        "has(self.provenance) == has(oldSelf.provenance) && (!has(self.provenance) || self.provenance == oldSelf.provenance) && "
        "has(self.metrics) == has(oldSelf.metrics) && (!has(self.metrics) || self.metrics == oldSelf.metrics) && "
        "has(self.gates) == has(oldSelf.gates) && (!has(self.gates) || self.gates == oldSelf.gates) && "
        "has(self.evaluation) == has(oldSelf.evaluation) && (!has(self.evaluation) || self.evaluation == oldSelf.evaluation) && "
        "has(self.registry) == has(oldSelf.registry) && (!has(self.registry) || self.registry == oldSelf.registry)",
        "spec: is immutable but for approval, quarantine and deletionPolicy; make a new ModelVersion",
        "[" MILLRACE_EXAMPLE("1") "," MILLRACE_EXAMPLE("1") "]", "[" MILLRACE_EXAMPLE("1") "," MILLRACE_EXAMPLE("2") "]"),
    rule<Spec, has_its_data>("!has(self.evaluation) || self.evaluation.data.all(d, (has(d.uri) && d.uri != '') || (has(self.provenance) && "
                             "has(self.provenance.data) && self.provenance.data.exists(p, p.name == d.name)))",
                             "evaluation.data[]: name must be data of spec.provenance where no uri is given", MILLRACE_EVALUATED("train"),
                             MILLRACE_EVALUATED("other")),
    rule<Spec, deletes_what_it_can>(
        "!has(self.deletionPolicy) || self.deletionPolicy != 'Delete' || self.artifact.uri.startsWith('s3://') || "
        "self.artifact.uri.startsWith('pvc://')",
        "deletionPolicy: Delete needs bytes in a bucket or a claim; artifact.uri must begin with s3:// or pvc://",
        MILLRACE_LEAVING("s3://a/b"), MILLRACE_LEAVING("https://a/b")),
};
#undef MILLRACE_EVALUATED
#undef MILLRACE_LEAVING
#undef MILLRACE_EXAMPLE

constexpr json::Field kModelVersion[] = {
    field<&ModelVersion::meta>("metadata", "Name, labels, owners."),
    field<&ModelVersion::spec>("spec", "What the version is."),
    field<&ModelVersion::status>("status", "What is known of it."),
};

}  // namespace

constinit const json::Schema Artifact::schema{.doc = "The bytes of a model.", .fields = kArtifact};
constinit const json::Schema DataProvenance::schema{.doc = "One data set that a model was trained on.", .fields = kDataProvenance};
constinit const json::Schema CodeProvenance::schema{.doc = "The code of a run.", .fields = kCodeProvenance};
constinit const json::Schema ImageProvenance::schema{.doc = "One image that ran.", .fields = kImageProvenance};
constinit const json::Schema Provenance::schema{.doc = "Where a model comes from.", .fields = kProvenance};
constinit const json::Schema ChampionGate::schema{.doc = "Comparison with the champion.", .fields = kChampionGate};
constinit const json::Schema Gate::schema{.doc = "One rule that a metric must obey.", .fields = kGate, .rules = kGateRules};
constinit const json::Schema EvaluationData::schema{
    .doc = "One source of an evaluation.", .fields = kEvaluationData, .rules = kEvaluationDataRules};
constinit const json::Schema Evaluation::schema{.doc = "How versions are measured.", .fields = kEvaluation};
constinit const json::Schema MlflowRegistry::schema{.doc = "MLflow's model registry.", .fields = kMlflowRegistry};
constinit const json::Schema Registry::schema{.doc = "A registry outside.", .fields = kRegistry};
constinit const json::Schema Approval::schema{.doc = "A person's word.", .fields = kApproval, .rules = kApprovalRules};
constinit const json::Schema Quarantine::schema{.doc = "Keeps services off a version.", .fields = kQuarantine};
constinit const json::Schema Spec::schema{.doc = "One model, for ever the same.", .fields = kSpec, .rules = kSpecRules};
constinit const json::Schema ModelVersion::schema{.doc = "One model, for ever the same.", .fields = kModelVersion};

}  // namespace millrace::model_version
