#include "training_job/api/spec.h"

#include <algorithm>

#include "shared/store_uri.h"

namespace millrace::training_job {
namespace {

using json::field;

bool names_one_place(const DataSource& s) { return s.uri.empty() == s.dvc.has_value(); }
bool has_plain_path(const DataSource& s) { return s.uri.empty() || shared::parse_store_uri(s.uri).has_value(); }
bool has_fitting_secret(const DataSource& s) { return s.secret_name.empty() || (!s.uri.empty() && !s.uri.starts_with("pvc://")); }
bool has_fitting_digest(const DataSource& s) { return s.digest.empty() || !s.dvc; }
bool polls_seldom(const DataSource& s) { return s.poll_interval.count() == 0 || s.poll_interval >= std::chrono::minutes(1); }
bool is_plain_path(const DvcSource& s) { return !s.path.empty() && shared::is_relative_path(s.path); }
bool keeps_secret(const DvcSource& s) { return s.secret_name.empty() || !s.repo.starts_with("http://"); }
bool keeps_secret(const CodeSource& s) { return s.secret_name.empty() || !s.repo.starts_with("http://"); }
bool is_plain_path(const PvcStore& s) { return shared::is_relative_path(s.path); }
bool names_one_store(const Store& s) { return s.uri.empty() == s.pvc.has_value(); }
bool has_fitting_secret(const Store& s) { return s.secret_name.empty() || !s.uri.empty(); }

bool is_parameter(std::string_view key) {
  if (key.empty() || key.size() > 64 || key.front() < 'a' || key.front() > 'z') return false;
  return std::all_of(key.begin(), key.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}
bool has_good_parameters(const Spec& s) {
  return std::all_of(s.parameters.begin(), s.parameters.end(), [](const auto& p) { return is_parameter(p.first); });
}
bool has_evaluation_data(const Spec& s) {
  if (!s.version.evaluation) return true;
  const auto& all = s.version.evaluation->data;
  return std::all_of(all.begin(), all.end(), [&](const model_version::EvaluationData& d) {
    return !d.uri.empty() || std::any_of(s.data.begin(), s.data.end(), [&](const DataSource& one) { return one.name == d.name; });
  });
}
bool has_fitting_workers(const Spec& s) { return s.workers <= 1 || s.framework != Framework::Plain; }
bool has_fitting_workspace(const Spec& s) { return s.workspace.has_value() == (s.prepare == Prepare::Once); }
bool is_plain_name(const auto& resource) { return resource.first.find('/') == std::string::npos; }
bool has_plain_evaluate(const Spec& s) {
  if (!s.evaluate) return true;
  const shared::Resources& r = s.evaluate->resources;
  const auto plain = [](const auto& resource) { return is_plain_name(resource); };
  return std::all_of(r.requests.begin(), r.requests.end(), plain) && std::all_of(r.limits.begin(), r.limits.end(), plain);
}

constexpr std::string_view kSecretName = "^([a-z0-9]([-.a-z0-9]*[a-z0-9])?)?$";
constexpr std::string_view kRepo =
    "^(https?://[^/@?#\\s]+/|ssh://([A-Za-z0-9][-._A-Za-z0-9]*@)?[^/@?#\\s]+/|[A-Za-z0-9][-._A-Za-z0-9]*@[^/:@?#\\s]+:)[^?#\\s]+$";
constexpr std::string_view kRev = "^[^-\\s~^:?*\\[\\\\][^\\s~^:?*\\[\\\\]*$";
constexpr std::string_view kRepoDoc = "Git repository: https://…, ssh://… or user@host:path; http:// only without a Secret.";
constexpr std::string_view kRevDoc = "Branch, tag or commit; HEAD: the default branch.";

constexpr json::Field kDvc[] = {
    field<&DvcSource::repo>("repo", kRepoDoc,
                            {.max_length = 1024, .pattern = kRepo, .example = "https://git.example.org/churn.git", .required = true}),
    field<&DvcSource::rev>("rev", "Branch, tag or commit; empty: the default branch.",
                           {.min_length = 1, .max_length = 250, .pattern = kRev, .example = "main"}),
    field<&DvcSource::path>("path", "File or folder that DVC, or git itself, tracks there.",
                            {.min_length = 1, .max_length = 512, .example = "data/train.csv", .required = true}),
    field<&DvcSource::remote>("remote", "Remote of .dvc/config that holds the bytes; empty: the one that DVC would take.",
                              {.max_length = 100, .pattern = "^[^\\s\"'\\]]*$", .example = "storage"}),
    field<&DvcSource::secret_name>(
        "secretName",
        "Secret of the same namespace: username and password, or token, or ssh-privatekey and known_hosts, of the "
        "repository; AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL of the remote; ca.crt.",
        {.max_length = 253, .pattern = kSecretName, .example = "git-read"}),
};
constexpr json::Rule kDvcRules[] = {
    json::rule<DvcSource, is_plain_path>(
        "!('/' + self.path).matches('/[.]{0,2}(/|$)')", "dvc.path: must be relative, without an empty segment, \".\" or \"..\"",
        R"({"repo":"https://example.org/a","path":"data/a.csv"})", R"({"repo":"https://example.org/a","path":"/data"})", "self.path"),
    json::rule<DvcSource, keeps_secret>("!has(self.secretName) || self.secretName == '' || !self.repo.startsWith('http://')",
                                        "dvc.secretName: would be sent in clear to a http:// repository; allowed: https://, ssh://",
                                        R"({"repo":"https://example.org/a","path":"a","secretName":"s"})",
                                        R"({"repo":"http://example.org/a","path":"a","secretName":"s"})", "self.repo"),
};
constexpr json::Field kData[] = {
    field<&DataSource::name>("name", "Name of the source: its folder is /millrace/data/<name>.",
                             {.max_length = 40, .pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", .example = "train", .required = true}),
    field<&DataSource::uri>(
        "uri",
        "Where the bytes lie: pvc://<claim>/<path>, https://<host>/<path>, s3://<bucket>/<key>, gs://<bucket>/<key>, "
        "hf://[datasets/]<owner>/<repository>[@<revision>][/<path>] or mlflow-artifacts:/<path>.",
        {.min_length = 8,
         .max_length = 1024,
         .pattern = "^(pvc://[a-z0-9]([-.a-z0-9]*[a-z0-9])?/[^/]|https://[^/@?#\\s]+(/|$)|(s3|gs)://[a-z0-9][-.a-z0-9]*/[^/]|"
                    "hf://[^/#\\s]+/[^/]|mlflow-artifacts:/(/[^/@#\\s]+/)?[^/])[^#\\s]*$",
         .example = "s3://bucket/train.csv"}),
    field<&DataSource::digest>("digest", "What the bytes must be. It makes the source strong, whatever its server tells.",
                               {.max_length = 71, .pattern = "^(sha256:[0-9a-f]{64})?$"}),
    field<&DataSource::secret_name>("secretName",
                                    "Secret of the same namespace for the uri: username and password, token, AWS_ACCESS_KEY_ID and "
                                    "AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL, ca.crt.",
                                    {.max_length = 253, .pattern = kSecretName, .example = "data-read"}),
    field<&DataSource::dvc>("dvc", "A path in a git repository that DVC tracks."),
    field<&DataSource::poll_interval>(
        "pollInterval",
        "With triggers.newData: how often to look whether the data is another. 0s: only when the spec asks for "
        "a run; else at least 1m. One look is at all sources, at the shortest of their intervals.",
        {.min = 0, .max = 604800000, .example = "5m"}),
};
constexpr json::Rule kDataRules[] = {
    json::rule<DataSource, names_one_place>("has(self.uri) != has(self.dvc)", "data[]: exactly one of uri and dvc is required",
                                            R"({"name":"train","uri":"pvc://data/a/b.csv"})", R"({"name":"train"})", "self.name"),
    json::rule<DataSource, has_plain_path>(
        "!has(self.uri) || !self.uri.matches('[^:/]/[.]{0,2}(/|$)') || self.uri.startsWith('https://') || "
        "self.uri.endsWith('/') && !self.uri.startsWith('pvc://')",
        "uri: a path must have no empty segment and no \".\" or \"..\"", R"({"name":"train","uri":"pvc://data/a/b.csv"})",
        R"({"name":"train","uri":"pvc://data/a/../b.csv"})", "self.uri"),
    json::rule<DataSource, has_fitting_secret>(
        "!has(self.secretName) || self.secretName == '' || (has(self.uri) && !self.uri.startsWith('pvc://'))",
        "secretName: a claim needs none, and a dvc source has its own (dvc.secretName)",
        R"({"name":"train","uri":"https://example.org/a","secretName":"s"})", R"({"name":"train","uri":"pvc://data/a","secretName":"s"})",
        "self.name"),
    json::rule<DataSource, has_fitting_digest>(
        "!has(self.digest) || self.digest == '' || !has(self.dvc)", "digest: a dvc source is pinned by its commit; allowed with uri only",
        R"({"name":"train","uri":"pvc://data/a"})",
        R"({"name":"train","digest":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",)"
        R"("dvc":{"repo":"https://example.org/a","path":"a"}})",
        "self.name"),
    json::rule<DataSource, polls_seldom>(
        "!has(self.pollInterval) || duration(self.pollInterval) == duration('0s') || duration(self.pollInterval) >= duration('1m')",
        "pollInterval: must be 0s (not polled) or at least 1m", R"({"name":"train","uri":"pvc://data/a","pollInterval":"5m"})",
        R"({"name":"train","uri":"pvc://data/a","pollInterval":"30s"})", "self.pollInterval"),
};
constexpr json::Field kPod[] = {
    field<&PodOverrides::service_account_name>(
        "serviceAccountName", "ServiceAccount of run and resolver pods; empty: the namespace's default. Its token is not mounted.",
        {.max_length = 253, .pattern = kSecretName, .example = "trainer"}),
};
constexpr json::Field kCode[] = {
    field<&CodeSource::repo>("repo", kRepoDoc,
                             {.max_length = 1024, .pattern = kRepo, .example = "https://git.example.org/churn.git", .required = true}),
    field<&CodeSource::rev>("rev", kRevDoc, {.min_length = 1, .max_length = 250, .pattern = kRev, .example = "main", .fallback = "HEAD"}),
    field<&CodeSource::secret_name>("secretName", "Secret of the same namespace, with keys as in data[].dvc.secretName.",
                                    {.max_length = 253, .pattern = kSecretName, .example = "git-read"}),
};
constexpr json::Rule kCodeRules[] = {
    json::rule<CodeSource, keeps_secret>("!has(self.secretName) || self.secretName == '' || !self.repo.startsWith('http://')",
                                         "code.secretName: would be sent in clear to a http:// repository; allowed: https://, ssh://",
                                         R"({"repo":"https://example.org/a","secretName":"s"})",
                                         R"({"repo":"http://example.org/a","secretName":"s"})", "self.repo"),
};
constexpr json::Field kPvc[] = {
    field<&PvcStore::claim_name>("claimName", "PersistentVolumeClaim of the same namespace.",
                                 {.max_length = 253, .pattern = "^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$", .example = "models", .required = true}),
    field<&PvcStore::path>("path", "Folder in the claim; empty: its root.",
                           {.max_length = 256, .pattern = "^[^\\s]*$", .example = "store"}),
};
constexpr json::Rule kPvcRules[] = {
    json::rule<PvcStore, is_plain_path>("!has(self.path) || !('/' + self.path).matches('/[.]{0,2}(/|$)') || self.path == ''",
                                        "path: must be relative, without an empty segment, \".\" or \"..\"",
                                        R"({"claimName":"models","path":"store/a"})", R"({"claimName":"models","path":"../store"})",
                                        "self.path"),
};
constexpr json::Field kStore[] = {
    field<&Store::uri>("uri",
                       "Bucket and prefix: s3://<bucket>[/<prefix>]; bytes go to <prefix>/<model>/sha256/<digest>/ and are written once.",
                       {.min_length = 8,
                        .max_length = 512,
                        .pattern = "^s3://[a-z0-9][-.a-z0-9]*[a-z0-9](/[^/?#\\s]+)*$",
                        .example = "s3://models/store"}),
    field<&Store::secret_name>("secretName",
                               "Secret of the same namespace: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL, ca.crt. Publish "
                               "writes with it; verify Jobs and serving pods read with it.",
                               {.max_length = 253, .pattern = kSecretName, .example = "models"}),
    field<&Store::pvc>("pvc", "A claim; bytes go to <path>/<model>/sha256/<digest>/ and are written once."),
};
constexpr json::Rule kStoreRules[] = {
    json::rule<Store, names_one_store>("has(self.uri) != has(self.pvc)", "output.store: exactly one of uri and pvc is required",
                                       R"({"uri":"s3://models"})", R"({})"),
    json::rule<Store, has_fitting_secret>("!has(self.secretName) || self.secretName == '' || has(self.uri)",
                                          "output.store.secretName: a claim needs none; allowed with uri only",
                                          R"({"uri":"s3://models","secretName":"s"})", R"({"pvc":{"claimName":"c"},"secretName":"s"})"),
};
constexpr json::Field kOutput[] = {
    field<&Output::format>("format", "What kind of model it is; the serving runtime is chosen by it.",
                           {.min_length = 1, .max_length = 40, .pattern = "^[a-z][-a-z0-9]*$", .example = "sklearn", .required = true}),
    field<&Output::store>("store", "Where the model's bytes go.", {.required = true}),
    field<&Output::metrics>("metrics", "Names from metrics.json that the ModelVersion shall carry; those of gates are carried anyway.",
                            {.max_length = 40, .max_items = 16, .pattern = "^[A-Za-z_][A-Za-z0-9_./-]*$"}),
    field<&Output::max_size>("maxSize", "The model may have at most so many bytes; a run over it fails with TooLarge.",
                             {.example = "1Gi", .fallback = "1Gi"}),
    field<&Output::upload_timeout>("uploadTimeout", "How long publish tries to write the model before the attempt fails.",
                                   {.min = 1000, .max = 86400000, .example = "30m", .fallback = "30m"}),
};
constexpr json::Field kSpec[] = {
    field<&Spec::model>("model", "The lineage that runs extend; ModelVersions are called <model>-v<N>. Several TrainingJobs may share it.",
                        {.max_length = 40, .pattern = "^[a-z]([-a-z0-9]*[a-z0-9])?$", .example = "churn", .required = true}),
    field<&Spec::run>("run", "Change it to ask for a run now, of the same inputs too.", {.max_length = 128, .example = "2026-01-31"}),
    field<&Spec::data>("data", "Sources, pinned before a run starts and read-only in it.", {.max_items = 7, .list_key = "name"}),
    field<&Spec::code>("code", "Code from git, read-only at /millrace/code; pinned with the data."),
    field<&Spec::preprocess>("preprocess", "Runs before train and writes /millrace/prepared/, which train and evaluate read."),
    field<&Spec::train>("train", "Writes /millrace/output/model/ from /millrace/data and /millrace/parameters.json.", {.required = true}),
    field<&Spec::evaluate>("evaluate", "Runs after train in the same pod and writes /millrace/output/metrics.json."),
    field<&Spec::parameters>("parameters",
                             "Given to the steps as MILLRACE_PARAM_<NAME> and in /millrace/parameters.json; keys match [a-z][a-z0-9_]*.",
                             {.max_length = 1024, .max_properties = 64}),
    field<&Spec::framework>("framework", "How workers find each other. Plain: one process, no rendezvous.",
                            {.example = "Plain", .fallback = "Plain"}),
    field<&Spec::workers>("workers", "Pods of a run.", {.min = 1, .max = 1000, .example = "1", .fallback = "1"}),
    field<&Spec::prepare>("prepare",
                          "Where data and code are fetched and preprocess runs. PerPod: in the pod that trains. Once: in a Job of its own "
                          "before it, onto workspace; all attempts of the run use what it made.",
                          {.example = "PerPod", .fallback = "PerPod"}),
    field<&Spec::workspace>("workspace", "Where prepare: Once leaves data, code and what preprocess wrote."),
    field<&Spec::pod>("pod", "What its pods are given beside their containers."),
    field<&Spec::output>("output", "What a run leaves behind, and where.", {.required = true}),
    field<&Spec::retry>("retry", "What happens after a failed attempt.", {.fallback = "{}"}),
    field<&Spec::deadlines>("deadlines", "When an attempt is given up.", {.fallback = "{}"}),
    field<&Spec::triggers>("triggers", "What starts a run without a change of the spec.", {.fallback = "{}"}),
    field<&Spec::suspend>(
        "suspend",
        "Nothing begins while it is true; an attempt that goes is told to end (SIGTERM, 60s for a checkpoint) and goes on "
        "later as the next attempt of the same run.",
        {.fallback = "false"}),
    field<&Spec::checkpoint>("checkpoint",
                             "Where train leaves checkpoints: MILLRACE_CHECKPOINT_DIR is the attempt's folder, MILLRACE_RESUME_DIR "
                             "that of the newest earlier attempt of the run that left something."),
    field<&Spec::cache>("cache", "When a former result is taken instead of a run.", {.fallback = "{}"}),
    field<&Spec::history>("history", "How much of the past is kept. The newest run's Job always is.", {.fallback = "{}"}),
    field<&Spec::tracking>("tracking", "Where runs and versions are made known."),
    field<&Spec::version>("version", "What the ModelVersion of a run gets."),
};
#define MILLRACE_EXAMPLE(more) \
  R"({"model":"m","train":{"image":"i","command":["c"]},"output":{"format":"sklearn","store":{"pvc":{"claimName":"c"}}})" more "}"
constexpr json::Rule kSpecRules[] = {
    json::rule<Spec, has_evaluation_data>(
        "!has(self.version) || !has(self.version.evaluation) || self.version.evaluation.data.all(d, (has(d.uri) && d.uri != '') || "
        "(has(self.data) && self.data.exists(s, s.name == d.name)))",
        "version.evaluation.data[]: name must be one of spec.data where no uri is given",
        MILLRACE_EXAMPLE(R"(,"data":[{"name":"train","uri":"pvc://a/b"}],"version":{"evaluation":{"step":{"image":"i","command":["c"]},)"
                         R"("data":[{"name":"train"}]}})"),
        MILLRACE_EXAMPLE(R"(,"version":{"evaluation":{"step":{"image":"i","command":["c"]},"data":[{"name":"train"}]}})")),
    json::rule<Spec, has_good_parameters>("!has(self.parameters) || self.parameters.all(k, k.matches('^[a-z][a-z0-9_]{0,63}$'))",
                                          "parameters: keys must match [a-z][a-z0-9_]* and have at most 64 characters",
                                          MILLRACE_EXAMPLE(R"(,"parameters":{"max_iter":"5"})"),
                                          MILLRACE_EXAMPLE(R"(,"parameters":{"max-iter":"5"})")),
    json::rule<Spec, has_fitting_workers>("!has(self.workers) || self.workers <= 1 || self.framework != 'Plain'",
                                          "workers: more than 1 needs a distributed framework; framework Plain runs exactly 1",
                                          MILLRACE_EXAMPLE(R"(,"workers":1)"), MILLRACE_EXAMPLE(R"(,"workers":2)")),
    json::rule<Spec, has_fitting_workspace>("has(self.workspace) == (has(self.prepare) && self.prepare == 'Once')",
                                            "workspace: needed by prepare: Once, and used by nothing else",
                                            MILLRACE_EXAMPLE(R"(,"prepare":"Once","workspace":{"claimName":"w"})"),
                                            MILLRACE_EXAMPLE(R"(,"prepare":"Once")")),
    json::rule<Spec, has_plain_evaluate>(
        "!has(self.evaluate) || !has(self.evaluate.resources) || ((!has(self.evaluate.resources.requests) || "
        "self.evaluate.resources.requests.all(k, "
        "!k.contains('/'))) && (!has(self.evaluate.resources.limits) || self.evaluate.resources.limits.all(k, !k.contains('/'))))",
        "evaluate.resources: extended resources are not allowed, since they would be held while train runs; allowed: cpu, memory, "
        "ephemeral-storage",
        MILLRACE_EXAMPLE(R"(,"evaluate":{"image":"i","command":["c"],"resources":{"requests":{"cpu":"1"}}})"),
        MILLRACE_EXAMPLE(R"(,"evaluate":{"image":"i","command":["c"],"resources":{"limits":{"nvidia.com/gpu":"1"}}})")),
};

}  // namespace

constinit const json::Schema DvcSource::schema{.doc = "A path in a git repository that DVC tracks.", .fields = kDvc, .rules = kDvcRules};
constinit const json::Schema CodeSource::schema{.doc = "Code from git.", .fields = kCode, .rules = kCodeRules};
constinit const json::Schema DataSource::schema{.doc = "One source of data.", .fields = kData, .rules = kDataRules};
constinit const json::Schema PvcStore::schema{.doc = "A folder in a claim.", .fields = kPvc, .rules = kPvcRules};
constinit const json::Schema Store::schema{.doc = "Where models go.", .fields = kStore, .rules = kStoreRules};
constinit const json::Schema Output::schema{.doc = "What a run leaves behind.", .fields = kOutput};
constinit const json::Schema PodOverrides::schema{.doc = "What pods are given.", .fields = kPod};
constinit const json::Schema Spec::schema{
    .doc = "What to train, on what, and where the result goes.", .fields = kSpec, .rules = kSpecRules};

std::string store_uri(const Store& store) {
  return store.pvc ? shared::below("pvc://" + store.pvc->claim_name, store.pvc->path) : store.uri;
}

}  // namespace millrace::training_job
