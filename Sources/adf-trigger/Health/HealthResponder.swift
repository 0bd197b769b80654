internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Telemetry

/// Answers the probes, and whoever collects the metrics. It reads nothing but the method and the path.
struct HealthResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    let monitor: HealthMonitor

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        guard request.method == .get || request.method == .head else {
            var response = Self.answer(.methodNotAllowed, Report(status: "method-not-allowed"))
            response.headers[.allow] = "GET, HEAD"
            return response
        }
        let response =
            switch request.uri.path {
            case "/livez": Self.answer(monitor.liveness, well: "alive", ill: "stuck")
            case "/readyz": Self.answer(monitor.readiness, well: "ready", ill: "not-ready")
            case "/metrics": Self.answer(.ok, monitor.metricsPage, type: PrometheusRegistry.contentType)
            default: Self.answer(.notFound, Report(status: "not-found"))
            }
        return request.method == .head ? response.createHeadResponse() : response
    }

    private struct Report: Encodable {
        var status: String
        var reasons: [String]?
    }

    private static func answer(_ verdict: HealthMonitor.Verdict, well: String, ill: String) -> Response {
        verdict.isWell
            ? answer(.ok, Report(status: well))
            : answer(.serviceUnavailable, Report(status: ill, reasons: verdict.reasons))
    }

    private static func answer(_ status: HTTPResponse.Status, _ report: Report) -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Two texts: nothing in them that can't be encoded.
        let body = (try? encoder.encode(report)) ?? Data()
        return answer(status, body + Data("\n".utf8), type: "application/json")
    }

    private static func answer(_ status: HTTPResponse.Status, _ body: some Sequence<UInt8>, type: String) -> Response {
        Response(
            status: status,
            headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body))
        )
    }
}
