// What MLServer's own metrics tell of its inference requests, over REST and gRPC. Source: MLServer 1.7.1 as measured; rest/app.py,
// grpc/interceptors.py.
//  - rest_server_requests_total and …_request_duration_seconds count probes of a model's readiness too: requests are told by `path`, which
//  is
//    the route's template ("/v2/models/{model_name}/infer"). A model's exception is a 500, a request that makes no sense a 4xx.
//  - grpc_server_handling_seconds counts all calls, grpc_server_handled_total only those that ended well. What lies between are the errors,
//    and a client's own mistakes are among them.
//  - A series begins with its first request: the value of one that was not there when the window began counts in full (`increase` would
//    miss it), and so does that of a server that began anew. Of pods that are gone `increase` tells. The value at the window's begin is
//    looked for a quarter of an hour back, so that a source that was away then does not count what was long before.
#pragma once

#include <string>
#include <string_view>

#include "inference_service/runtimes/runtime.h"

namespace millrace::inference_service {

std::string mlserver_requests(std::string_view pods, std::string_view window);
std::string mlserver_errors(std::string_view pods, std::string_view window);
std::string mlserver_within(double bound, std::string_view pods, std::string_view window);

// Those of Python's prometheus_client, which neither exporter changes.
inline constexpr double kMlServerBounds[] = {0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10};
inline constexpr Queries kMlServerQueries{
    .requests = mlserver_requests, .errors = mlserver_errors, .within = mlserver_within, .bounds = kMlServerBounds};

}  // namespace millrace::inference_service
