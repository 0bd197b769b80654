import Foundation
import RabbitMQ
import TestSupport
import Testing

/// A stop is no crash, and must not look like one to whoever gets the requests next.
@Suite("Stops under load", .timeLimit(.minutes(10)))
struct StopTests {
    @Test("a worker that stops with its hands full gives back what it had not begun, in time and as new")
    func stopsWithFullHands() async throws {
        let stage = try await Stage(
            "stop-full",
            set: ["ADF_TRIGGER_WORKER_CONCURRENCY": "4", "ADF_TRIGGER_WORKER_STOP_SECONDS": "3"]
        )
        try await stage.setFaults(#"[{"route":"createRun","fault":"hang"}]"#)
        let worker = try await stage.startWorker(set: ["ADF_TRIGGER_WORKER_PREFETCH": "16"])
        for number in 0..<16 { try await stage.publish(#"{"target":"nightly-load"}"#, id: "f-\(number)") }
        try await eventually("four createRun calls are under way, and twelve requests behind them") {
            let calls = try await stage.statistics()
            let ready = try await stage.ready("requests")
            return calls["createRun"] == ["hang": 4] && ready == 0
        }

        #expect(try await worker.stop().code == 0)

        try await eventually("they are back") { try await stage.ready("requests") == 16 }
        let copies = try await stage.take(16, from: "requests")
        #expect(copies.count { !$0.isRedelivered } == 12)
        #expect(copies.count { $0.isRedelivered } == 4)
        try await stage.end()
    }

    /// The last thing in the process's end asks OpenSSL for its state: what ran before it has then cleaned up, or not.
    private static let probe = #"""
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <stdint.h>
        #include <stdio.h>
        #include <stdlib.h>
        static void look(void) {
          int (*init)(uint64_t, const void *) = (int (*)(uint64_t, const void *))dlsym(RTLD_DEFAULT, "OPENSSL_init_crypto");
          FILE *file = fopen(getenv("PROBE_FILE"), "w");
          fputs(init == NULL ? "no OpenSSL" : init(0, NULL) ? "kept" : "cleaned up", file);
          fclose(file);
        }
        __attribute__((constructor)) static void begin(void) { atexit(look); }
        """#

    @Test(
        "OpenSSL is not taken down under threads that are still ending",
        arguments: [[:], ["SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt"]]
    )
    func keepsOpenSSL(_ settings: [String: String]) async throws {
        let stage = try await Stage("stop-openssl", set: settings)
        let source = try stage.file("probe.c", Array(Self.probe.utf8))
        let library = source.replacing("probe.c", with: "probe.so")
        let compiler = try await Program.run("/usr/bin/gcc", ["-shared", "-fPIC", "-o", library, source])
        try #require(compiler.code == 0, "\(compiler.errors)")
        let answer = try stage.file("answer", [])
        let worker = try await stage.startWorker(set: ["LD_PRELOAD": library, "PROBE_FILE": answer])
        try await stage.publish(#"{"target":"nightly-load"}"#, id: "s-1")
        _ = try await stage.take(1, from: "replies")

        #expect(try await worker.stop().code == 0)

        #expect(try String(contentsOfFile: answer, encoding: .utf8) == "kept")
        try await stage.end()
    }
}
