#include "targets.h"

#include <cstdio>
#include <cstdlib>

namespace millrace::fuzz {

const std::vector<Target>& targets() {
  static const std::string meta = R"("metadata":{"name":"a","namespace":"ml","uid":"u","resourceVersion":"5","generation":1,)"
                                  R"("labels":{"millrace.dev/run":"1"},"creationTimestamp":"2026-01-31T12:00:00Z"})";
  static const std::vector<Target> all{
      {"framer", framer, {"\x03line\nline\r\n\nrest", "\x01{\"a\":1}\n{\"b\":2}\n"}},
      {"reflector",
       reflector,
       {"0" + (R"({"type":"ADDED","object":{)" + meta + "}}\n") +
            R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9","annotations":{"k8s.io/initial-events-end":"true"}}}})" +
            "\n" + R"({"type":"DELETED","object":{)" + meta + "}}\n",
        "7" + (R"({"metadata":{"resourceVersion":"9","continue":"x"},"items":[{)" + meta + "}]}"),
        std::string("1") + R"({"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}})" + "\n"}},
      {"answers",
       answers,
       {R"(0{"kind":"Status","code":409,"reason":"Conflict","message":"no","details":{"causes":[{"reason":"x","field":"metadata.uid"}]}})",
        R"(1{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"0.25"]}]}})", "2299 - \"old, API\"",
        "330"}},
      {"reports",
       reports,
       {R"(0{"done":3,"total":10,"metrics":{"accuracy":0.91}})",
        R"(1{"status":{"authenticated":true,"audiences":["millrace.dev/run/tj-3"],"user":{"username":"system:serviceaccount:shop:default",)"
        R"("extra":{"authentication.kubernetes.io/pod-name":["p"],"authentication.kubernetes.io/pod-uid":["u"]}}}})",
        "2/v1/progress/tj-3"}},
      {"json", json, {R"({"a":[1,-2.5e3,true,null,"\u00e9\n"],"b":{"c":9223372036854775807}})"}},
      {"objects",
       objects,
       {"0{" + meta +
            R"(,"spec":{"data":[{"name":"d","uri":"pvc://c/p","poll":"5m"}],"train":{"image":"i","resources":{"limits":{"cpu":"500m"}}}}})",
        "1{" + meta + R"(,"spec":{"model":"m","version":1,"artifact":{"uri":"s3://b/k"},"metrics":{"accuracy":"0.93"}}})",
        "2{" + meta +
            R"(,"spec":{"model":{"name":"m"},"replicas":3,"rollout":{"steps":[{"weight":10,"pause":"5m"}]}},)"
            R"("status":{"conditions":[{"type":"Ready","status":"True","reason":"R","lastTransitionTime":"2026-01-31T12:00:00Z"}]}})"}},
      {"yaml", yaml, {"a: 1\nb: [x, 'y', \"z\"]\nc:\n- d: 0x1F\n  e: |\n    text\n---\n&x {k: *x}\n", "? a\n: b\n"}},
      {"kubeconfig",
       kubeconfig,
       {"current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u, namespace: n}}]\n"
        "clusters: [{name: c, cluster: {server: 'https://h:6443', certificate-authority-data: QUJD}}]\nusers: [{name: u, user: {token: "
        "t}}]\n"}},
      {"annotations",
       annotations,
       {"0promote churn-v7 step=1 id=abc at=2026-01-31T12:00:00Z by=ann",
        "1churn=Good@2026-01-31T12:00:00Z#abc; x=Bad@2026-01-31T12:00:00Z#d", R"(2{"intent":"x","paused":{"at":"2026-01-31T12:00:00Z"}})",
        R"(3{"step":1,"steps":[{"weight":10,"pause":"5m"}]})", R"(4{"store":"pvc://c/p","parameters":{"a":"b"},"counted":1})"}},
      {"texts",
       texts,
       {"1h30m", "250ms", "2026-01-31T12:00:00Z", "1Gi", "500m", "-1e-3", "0.90", "QUJD", "1e3", "9223372036854775807", "caf\xc3\xa9"}},
      {"uris",
       uris,
       {"pvc://claim/a/b", "https://host:8/x?y=z", "s3://bucket/key", "gs://b/k", "hf://datasets/o/r@main/p", "mlflow-artifacts:/a/b",
        "name=default,url=http://prometheus:9090/x,tenancy=label,token-file=/t"}},
      {"queries",
       queries,
       {R"(sum(rate(x{ {{canary}} }[{{window}}])) / sum(rate(x{{{stable}}}[{{ window }}])))", "{{namespace}} {{name}} {{canry}} {{",
        "250ms"}},
      {"messages",
       messages,
       {R"({"v":1,"digest":"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","size":9,"metrics":{"accuracy":"0.9310"},"result":"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"})",
        R"({"v":1,"error":{"reason":"NotFound","message":"no such path"}})", R"({"done":3,"total":10})"}},
  };
  return all;
}

void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "it does not hold that %s\n", what);
  std::abort();
}

std::size_t Bytes::number(std::size_t below) {
  if (left_.empty()) return 0;
  const auto byte = static_cast<unsigned char>(left_.front() - '0');
  left_.remove_prefix(1);
  return byte % below;
}

}  // namespace millrace::fuzz
