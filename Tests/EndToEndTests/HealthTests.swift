import Foundation
import RabbitMQ
import TestSupport
import Testing

/// How the real worker answers those who watch it.
@Suite("Health over HTTP", .timeLimit(.minutes(10)))
struct HealthTests {
    @Test("a worker that consumes is ready and alive, and answers nothing else")
    func ready() async throws {
        let stage = try await Stage("health")
        let port = try await HealthPort()
        let worker = try await stage.startWorker(set: port.setting)
        try await port.waitUntilReady()

        let ready = try await port.get("/readyz")
        #expect(ready.text == "{\"status\":\"ready\"}\n")
        #expect(ready.type == "application/json")
        #expect(try await port.get("/livez").text == "{\"status\":\"alive\"}\n")
        let metrics = try await port.get("/metrics")
        #expect(metrics.status == 200)
        #expect(metrics.type == "text/plain; version=0.0.4; charset=utf-8")
        #expect(metrics.text.contains("\nadf_trigger_ready 1\n"))
        #expect(!metrics.text.contains(Stage.secret))
        let head = try await port.get("/readyz", method: "HEAD")
        #expect(head.status == 200)
        #expect(head.text == "")
        #expect(try await port.get("/").status == 404)
        #expect(try await port.get("/metrics/").status == 404)
        #expect(try await port.get("/readyz", method: "POST").status == 405)
        #expect(try await port.get("/metrics", method: "DELETE").status == 405)

        #expect(try await worker.stop().code == 0)
        try await stage.end()
    }

    @Test("a worker without a port listens nowhere")
    func off() async throws {
        let stage = try await Stage("health-off")
        let worker = try await stage.startWorker()

        #expect(!worker.errorsSoFar.contains("answering probes"))
        try await worker.stop()
        try await stage.end()
    }

    @Test("a port in use is a clear fault of the configuration, and no request is touched")
    func portInUse() async throws {
        let stage = try await Stage("health-port")
        let taken = try #require(URL(string: stage.endpoint)?.port)
        try await stage.publish(#"{"target":"nightly-load"}"#, id: "untouched")

        let exit = try await stage.launchWorker(
            set: ["ADF_TRIGGER_HTTP_PORT": "\(taken)", "ADF_TRIGGER_HTTP_HOST": "127.0.0.1"]
        ).waitForExit()

        #expect(exit.code == 78)
        #expect(exit.errors.contains("http.port (ADF_TRIGGER_HTTP_PORT): can't listen on 127.0.0.1:\(taken)"))
        #expect(!exit.errors.contains("\"consuming\""))
        #expect(try await stage.ready("requests") == 1)
        #expect(try await stage.take(1, from: "requests").first?.isRedelivered == false)
        try await stage.end()
    }

    @Test("a revoked credential makes it unready with the reason, until it is good again")
    func revokedCredential() async throws {
        let stage = try await Stage("health-credential")
        let port = try await HealthPort()
        let worker = try await stage.startWorker(set: port.setting)
        try await port.waitUntilReady()
        try await stage.setFaults(
            """
            [{"route":"token","fault":"status","status":401,"code":"invalid_client"},
             {"route":"*","fault":"status","status":401,"code":"ExpiredAuthenticationToken"}]
            """
        )

        try await stage.publish(#"{"target":"nightly-load"}"#, id: "revoked")
        let reason = try await port.waitUntilUnready("paused: credential: ")

        #expect(!reason.contains(Stage.secret))
        #expect(reason.utf8.count > "paused: credential: ".utf8.count)
        #expect(try await port.get("/livez").status == 200)
        #expect(try await port.metric("adf_trigger_intake_paused{reason=\"credential\"}") == 1)
        #expect(try await port.metric("adf_trigger_intake_paused{reason=\"unreachable\"}") == 0)
        #expect(try await port.metric("adf_trigger_ready") == 0)

        try await stage.setFaults("[]")
        try await port.waitUntilReady()

        #expect(try await port.metric("adf_trigger_intake_paused{reason=\"credential\"}") == 0)
        let reply = try #require(try await stage.take(1, from: "replies", within: .seconds(120)).first)
        #expect(try Answer(reply).status == "started")
        #expect(try await stage.ready("errors") == 0)
        try await worker.stop()
        try await stage.end()
    }

    @Test("without a broker it is unready and alive, and ready again when that is back")
    func brokerStopped() async throws {
        try await BrokerNode.with { node in
            let stage = try await Stage("health-broker", uri: node.uri)
            let port = try await HealthPort()
            let worker = try await stage.startWorker(set: port.setting)
            try await port.waitUntilReady()

            try await node.stop()
            let reason = try await port.waitUntilUnready("not-connected: ")

            #expect(reason.count > "not-connected: ".count)
            #expect(try await port.get("/livez").status == 200)
            #expect(try await port.metric("adf_trigger_broker_connected{connection=\"consume\"}") == 0)
            #expect(try await port.metric("adf_trigger_broker_connection_losses_total{connection=\"consume\"}") == 1)

            try await node.start()
            try await port.waitUntilReady()

            #expect(try await port.metric("adf_trigger_broker_connected{connection=\"consume\"}") == 1)
            #expect(try await port.metric("adf_trigger_broker_reconnects_total{connection=\"consume\"}") ?? 0 >= 1)
            #expect(worker.isRunning)
            try await worker.stop()
            try await stage.emulator.stop()
        }
    }

    @Test("a worker that starts without a broker says so")
    func noBrokerYet() async throws {
        let stage = try await Stage("health-late")
        let port = try await HealthPort()
        let worker = try stage.launchWorker(
            set: port.setting.merging(["ADF_TRIGGER_AMQP_URL": "amqp://guest:guest@127.0.0.1:1"]) { $1 }
        )
        try await eventually("probes are answered") { worker.errorsSoFar.contains("answering probes") }

        _ = try await port.waitUntilUnready("not-connected: ")

        #expect(try await port.get("/livez").status == 200)
        try await worker.stop()
        try await stage.end()
    }

    @Test("a worker told to stop answers that it drains until its requests are done")
    func draining() async throws {
        let stage = try await Stage("health-drain")
        let port = try await HealthPort()
        let worker = try await stage.startWorker(set: port.setting)
        try await port.waitUntilReady()
        try await stage.setFaults(#"[{"route":"createRun","fault":"latency","ms":10000,"rate":1}]"#)
        for number in 0..<5 { try await stage.publish(#"{"target":"nightly-load"}"#, id: "d-\(number)") }
        try await eventually("five createRun calls are under way") {
            try await stage.statistics()["maximumInFlight"]?["createRun"] == 5
        }

        worker.signal(SIGTERM)
        _ = try await port.waitUntilUnready("draining: ")

        #expect(try await port.metric("adf_trigger_requests_in_flight") == 5)
        #expect(try await port.get("/livez").status == 200)
        #expect(try await worker.waitForExit().code == 0)
        #expect(try await stage.ready("replies") == 5)
        #expect(try await stage.ready("requests") == 0)
        try await stage.end()
    }

    @Test("a stop that takes too long ends the answers too, and is no failure")
    func stopTimeEnds() async throws {
        let stage = try await Stage("health-stop-time", set: ["ADF_TRIGGER_WORKER_STOP_SECONDS": "1"])
        let port = try await HealthPort()
        let worker = try await stage.startWorker(set: port.setting)
        try await port.waitUntilReady()
        try await stage.setFaults(#"[{"route":"createRun","fault":"hang"}]"#)
        try await stage.publish(#"{"target":"nightly-load"}"#, id: "hanging")
        try await eventually("the request is in work") {
            try await port.metric("adf_trigger_requests_in_flight") == 1
        }

        let exit = try await worker.stop()

        #expect(exit.code == 0)
        try await eventually("the request is back") { try await stage.ready("requests") == 1 }
        try await stage.end()
    }

    @Test("what is too large or no HTTP is refused, and nobody else is kept from an answer")
    func hostile() async throws {
        let stage = try await Stage("health-hostile")
        let port = try await HealthPort()
        let worker = try await stage.startWorker(set: port.setting)
        try await port.waitUntilReady()
        let script = #"""
            import socket, sys
            def ask(data):
                s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5)
                answer = b""
                try:
                    s.sendall(data)
                    while more := s.recv(65536): answer += more
                except OSError: pass
                return answer.split(b"\r\n")[0].decode()
            print(ask(b"GET /readyz HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 40000 + b"\r\nConnection: close\r\n\r\n"))
            print(ask(b"\x16\x03\x01 nonsense\r\n\r\n"))
            print(ask(b"POST /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 50000000\r\n\r\n"
                      + b"x" * 1000))
            idle = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(100)]
            print(ask(b"GET /livez?x=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
            """#

        let exit = try await Program.run("/usr/bin/python3", ["-c", script, "\(port.number)"])

        let lines = exit.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        #expect(lines.count == 4, "\(exit.errors)")
        #expect(lines.prefix(2).allSatisfy { $0 == "HTTP/1.1 400 Bad Request" }, "\(lines)")
        #expect(lines.dropFirst(2).first == "HTTP/1.1 405 Method Not Allowed", "\(lines)")
        #expect(lines.last == "HTTP/1.1 200 OK")
        try await worker.stop()
        try await stage.end()
    }

    @Test("the metrics add up to what was sent")
    func addUp() async throws {
        // Every createRun starts a run: nothing but the look-up keeps it at one.
        let stage = try await Stage("health-metrics", scenario: #""parameterCheck":"strict","dedupeSeconds":0"#)
        let port = try await HealthPort()
        let worker = try await stage.startWorker(set: port.setting)
        try await port.waitUntilReady()
        try await stage.setFaults(#"[{"route":"createRun","fault":"reset-after-commit","times":1}]"#)

        // The first is in doubt, then found; the last is the first again.
        for number in 0..<7 {
            try await stage.publish(#"{"target":"nightly-load"}"#, id: "m-\(number)")
            _ = try await stage.take(1, from: "replies")
        }
        try await stage.publish(#"{"target":"nightly-load"}"#, id: "m-0")
        for number in 0..<3 { try await stage.publish("nonsense", id: "bad-\(number)") }
        for number in 0..<2 { try await stage.publish(#"{"target":"nobody"}"#, id: "unknown-\(number)") }
        try await stage.publish(#"{"target":{"pipeline":"missing"}}"#, id: "missing")
        try await stage.publish(#"{"target":"nightly-load"}"#, id: "lost-reply") {
            $0.replyTo = TestBroker.uniqueName("nobody")
        }
        _ = try await stage.take(7, from: "replies")
        _ = try await stage.take(1, from: "undeliverable")
        try await eventually("all are acknowledged") { try await port.metric("adf_trigger_requests_in_flight") == 0 }

        let requests = "adf_trigger_requests_total"
        #expect(try await port.metric(requests + #"{outcome="started",class="none"}"#) == 7)
        #expect(try await port.metric(requests + #"{outcome="adopted",class="none"}"#) == 2)
        #expect(try await port.metric(requests + #"{outcome="refused",class="malformed"}"#) == 3)
        #expect(try await port.metric(requests + #"{outcome="refused",class="unknown-target"}"#) == 2)
        #expect(try await port.metric(requests + #"{outcome="failed",class="rejected"}"#) == 1)
        #expect(try await port.sum(requests) == 15)
        #expect(try await port.sum("adf_trigger_request_duration_seconds_count") == 15)
        let calls = "adf_trigger_azure_calls_total"
        #expect(try await port.metric(calls + #"{call="create-run",result="in-doubt"}"#) == 1)
        #expect(try await port.metric(calls + #"{call="create-run",result="ok"}"#) == 7)
        #expect(try await port.metric(calls + #"{call="create-run",result="refused"}"#) == 1)
        #expect(try await port.metric("adf_trigger_replies_undeliverable_total") == 1)
        #expect(try await port.metric("adf_trigger_broker_reconnects_total{connection=\"consume\"}") == 0)
        #expect(try await stage.runs().count == 8)
        try await worker.stop()
        try await stage.end()
    }
}
