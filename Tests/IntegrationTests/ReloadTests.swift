import FoundationEssentials
import Glibc
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    @Suite("A configuration that is read again", .serialized)
    struct ReloadTests {
        /// Runs a test with a server that reads a file of its own.
        private static func with(
            _ text: String = "log: {level: info}\n",
            environment: [String: String] = [:],
            _ body: (ServerFixture, ConfigurationFixture) async throws -> Void
        ) async throws {
            try await ServerFixture.with(
                environment: environment,
                prepare: { scratch in
                    try scratch.write("heddle.yaml", text)
                    return ["HEDDLE_CONFIG": scratch.path + "/heddle.yaml"]
                },
                { server in try await body(server, ConfigurationFixture(server: server)) }
            )
        }

        /// Every setting that a running server takes, with how the tests below see that it has it.
        @Test("is applied by every part that can take it, and no other setting says that it is")
        func applied() async throws {
            try await Self.with { server, file in
                let reloadable = try file.entries().filter { $0["reloadable"] == true }.compactMap { $0["key"]?.string }
                #expect(
                    reloadable == [
                        "http.max_body_mb", "http.allowed_hosts", "http.allowed_origins", "log.level", "security.token",
                        "sandbox.maximum_processes", "extensions.maximum", "store.batch.max_items",
                        "store.batch.max_delay_ms", "store.batch.max_queue", "cache.results.max_entries",
                        "cache.results.max_mb", "cache.results.ttl_seconds", "cache.results.annotated_ttl_seconds",
                        "limits.client.calls", "limits.client.calls_per_second", "limits.tenant.calls",
                        "limits.tenant.calls_per_second",
                    ]
                )
                let large = "\"" + String(repeating: "x", count: 2 << 20) + "\""
                let status = { (headers: [String: String]) in
                    try server.request("GET", "/api/v1/status", headers: headers).status
                }
                #expect(try server.request("POST", "/api/v1/extensions", body: large).code == "INVALID_REQUEST")
                #expect(try status(["Host": "heddle.example"]) == 403)
                #expect(try status(["Origin": "https://page.example"]) == 403)
                #expect(try server.call("none", "none").status == 404 && !server.log.contains("Failed a request"))

                try file.write(
                    """
                    http:
                      max_body_mb: 1
                      allowed_hosts: [heddle.example]
                      allowed_origins: ["https://page.example"]
                    log: {level: debug}
                    sandbox: {maximum_processes: 1}
                    extensions: {maximum: 2}
                    store: {batch: {max_items: 3, max_delay_ms: 1, max_queue: 500}}
                    """
                )
                let answer = try file.reload()
                #expect(answer.status == 200 && answer.json["file"]?.string == file.path)
                let changes = answer.json["changes"]?.array ?? []
                #expect(changes.count == 9 && changes.allSatisfy { $0["result"] == "applied" })
                #expect(try server.request("POST", "/api/v1/extensions", body: large).code == "BODY_TOO_LARGE")
                #expect(try status(["Host": "heddle.example"]) == 200)
                #expect(try status(["Origin": "https://page.example"]) == 200)
                #expect(try server.call("none", "none").status == 404 && server.log.contains("Failed a request"))
                try server.registerEcho("one")
                try server.registerEcho("two")
                #expect(try server.register("three", [server.echo]).code == "TOO_MANY_REQUESTS")
                #expect(try server.echoWorks("one"))
                #expect(try server.call("two", "echo", ["text": "x"]).code == "TOO_MANY_REQUESTS")

                try file.write("{}\n")
                #expect(try file.reload().json["changes"]?.array?.count == 9)
                #expect(try server.request("POST", "/api/v1/extensions", body: large).code == "INVALID_REQUEST")
                #expect(try status(["Host": "heddle.example"]) == 403)
                #expect(try server.echoWorks("two"))
                try server.registerEcho("three")
                #expect(try file.reload().json["changes"]?.array == [])
            }
        }

        @Test("takes another token at once, on connections that are open too")
        func token() async throws {
            try await Self.with { server, file in
                try server.registerEcho()
                let connection = try HTTPConnection(port: server.port)
                let call = server.bytes(
                    "POST",
                    ServerFixture.invocation("echo", "echo"),
                    body: Array(#"{"parameters":{"text":"x"}}"#.utf8)
                )
                connection.send(call)
                #expect(try connection.answer().status == 200)
                let secret = "geheim-geheim-geheim"
                try file.write("security: {token: \(secret)}\n")
                let answer = try file.reload()
                #expect(answer.json["changes"]?.array?.first?["new"] == "***")
                connection.send(call)
                #expect(try connection.answer().status == 401)
                #expect(try server.request("GET", "/api/v1/status").status == 401)
                let allowed = ["Authorization": "Bearer \(secret)"]
                let shown = try server.request("GET", "/api/v1/configuration", headers: allowed)
                #expect(shown.status == 200)
                try file.write("{}\n")
                #expect(try server.request("POST", "/api/v1/configuration/reload", headers: allowed).status == 200)
                #expect(try server.request("GET", "/api/v1/status").status == 200)
                let told = [answer.json.text, shown.json.text, server.log, file.audit.map(\.text).joined()]
                #expect(told.allSatisfy { !$0.contains(secret) })
            }
        }

        @Test("names what needs a restart, until the file says otherwise or the server has started again")
        func restart() async throws {
            try await Self.with { server, file in
                try file.write("shutdown: {grace_seconds: 3}\nsandbox: {user_base: 1500000000}\nlog: {level: debug}\n")
                let results = try file.reload().json["changes"]?.array?.compactMap { $0["result"]?.string }
                #expect(results == ["applied", "needs_restart", "needs_restart"])
                #expect(try file.entry("shutdown.grace_seconds")["value"] == "10")
                #expect(try file.entry("shutdown.grace_seconds")["pending"] == "3")
                let text = try server.command("config", "reload")
                #expect(text.output.contains("shutdown.grace_seconds: '10' -> '3', after a restart"), "\(text)")
                try file.write("log: {level: debug}\nsandbox: {user_base: 1500000000}\n")
                _ = try file.reload()
                #expect(try file.entry("shutdown.grace_seconds")["pending"] == nil)
                try server.restart()
                #expect(try file.entry("sandbox.user_base")["value"] == "1500000000")
            }
        }

        @Test(
            "changes nothing when the file has a fault",
            arguments: [
                "http: {max_body_mb: 0}\nlog: {level: debug}\n", "security: {token: hunter2hunter2hunter2\n",
                "log: {level: debug}\nhttp: {prot: 1}\n", "\u{FFFE}\0", "7\n",
            ]
        )
        func faults(_ text: String) async throws {
            try await Self.with { server, file in
                let before = try file.entries()
                try file.write(text)
                let answer = try file.reload()
                #expect(answer.status == 400 && answer.code == "INVALID_CONFIGURATION", "\(answer.json.text)")
                #expect(answer.json["error"]?["details"]?["violations"]?.array?.isEmpty == false)
                let command = try server.command("config", "reload")
                #expect(command.status == 2 && command.error.contains("INVALID_CONFIGURATION"), "\(command)")
                server.kill(SIGHUP)
                #expect(eventually { file.audit.count == 3 })
                #expect(try file.entries() == before)
                #expect(file.audit.allSatisfy { $0["result"] == "refused" && $0["changes"] == [] })
                #expect(file.audit.last?["origin"] == "signal" && file.audit.first?["origin"] == "rest")
                let told = [answer.json.text, command.error, server.log, file.audit.map(\.text).joined()]
                #expect(told.allSatisfy { !$0.contains("hunter2") })
            }
        }

        @Test("survives that the file goes away, becomes a folder, or is far too large")
        func noFile() async throws {
            try await Self.with { server, file in
                unlink(file.path)
                #expect(try file.reload().code == "INVALID_CONFIGURATION")
                mkdir(file.path, 0o700)
                #expect(try file.reload().code == "INVALID_CONFIGURATION")
                rmdir(file.path)
                mkfifo(file.path, 0o600)
                #expect(try file.reload().code == "INVALID_CONFIGURATION")
                unlink(file.path)
                try file.write("")
                truncate(file.path, 100 << 20)
                #expect(try file.reload().code == "INVALID_CONFIGURATION")
                try file.write("log: {level: debug}\n")
                #expect(try file.reload().json["changes"]?.array?.count == 1)
            }
        }

        @Test("bears a storm of signals while calls are under way, and ends with what the file says last")
        func storm() async throws {
            try await Self.with { server, file in
                try server.registerEcho()
                #expect(try server.echoWorks())
                for round in 1...60 {
                    try file.write("http: {max_body_mb: \(round), allowed_hosts: [h\(round).example]}\n")
                    for _ in 0..<20 { server.kill(SIGHUP) }
                    #expect(try server.echoWorks(), "\(round)")
                }
                server.kill(SIGHUP)
                #expect(try eventually { try file.entry("http.max_body_mb")["value"] == "60" })
                #expect(file.audit.count <= 1201 && file.audit.allSatisfy { $0["result"] != "refused" })
                #expect(try server.request("GET", "/api/v1/status", headers: ["Host": "h60.example"]).status == 200)
            }
        }

        @Test("leaves a line for each reload that says who, when and what")
        func audit() async throws {
            try await Self.with { server, file in
                try file.write("log: {level: error}\n")
                let answer = try file.reload()
                let line = try #require(file.audit.last)
                #expect(line["action"] == "config.reload" && line["principal"] == "local" && line["result"] == "done")
                #expect(line["changes"] == answer.json["changes"] && line["file"]?.string == file.path)
                #expect(line["changes"]?.array?.first?["old"] == "info" && line["request_id"]?.string?.isEmpty == false)
                #expect(line["time"]?.string?.hasSuffix("Z") == true)
                let attributes = try FileManager.default.attributesOfItem(atPath: server.data + "/audit.log")
                #expect(attributes[.posixPermissions] as? Int == 0o600)
            }
        }

        @Test("is for those who have the token")
        func door() async throws {
            try await Self.with { server, file in
                for headers in [["Authorization": ""], ["Authorization": "Bearer x"]] {
                    let shown = try server.request("GET", "/api/v1/configuration", headers: headers)
                    let reload = try server.request("POST", "/api/v1/configuration/reload", headers: headers)
                    #expect(shown.status == 401 && reload.status == 401)
                }
                #expect(try server.request("GET", "/api/v1/configuration/reload").status == 405)
                #expect(file.audit.isEmpty)
            }
        }

        @Test("tells which names of other programs are not used yet, and takes none of them for another")
        func unused() async throws {
            let environment = ["EXTENSION_CACHE_TTL": "60", "DB_PASSWORD": "hunter2", "HEDDLE_LOG_LEVEL": "debug"]
            try await Self.with(environment: environment) { server, file in
                for name in ["EXTENSION_CACHE_TTL", "DB_PASSWORD"] {
                    let line = server.log.split(separator: "\n").first { $0.contains("variable=\(name)") }
                    #expect(line?.contains("not used yet") == true, "\(name)")
                }
                #expect(!server.log.contains("hunter2"))
                let entry = try file.entry("log.level")
                #expect(entry["source"] == "environment" && entry["origin"] == "HEDDLE_LOG_LEVEL")
            }
        }

        @Test("is not what a server does whose terminal is gone: it ends")
        func terminal() async throws {
            try await ScratchDirectory.with { scratch in
                let script = """
                    import os, pty, signal, sys
                    program, data = sys.argv[1:]
                    child, terminal = pty.fork()
                    if child == 0:
                        os.execv(program, [program, "serve", "--port", "0", "--data-dir", data])
                    def wait(words):
                        seen = b""
                        while words not in seen:
                            seen += os.read(terminal, 4096)
                    wait(b"listening")
                    os.kill(child, signal.SIGHUP)
                    wait(b"Reloaded the configuration")
                    os.close(terminal)
                    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
                    """
                try scratch.write("terminal.py", script)
                let child = try ChildProcess(
                    ["/usr/bin/python3", scratch.path + "/terminal.py", ServerFixture.program, scratch.path + "/data"],
                    output: scratch.path + "/out"
                )
                #expect(child.wait(seconds: 30) == 0, "\(child.text)")
            }
        }
    }
}

/// The configuration file of a server under test, and what the server says of it.
struct ConfigurationFixture {
    let server: ServerFixture

    var path: String { server.scratch.path + "/heddle.yaml" }

    func write(_ text: String) throws { try server.scratch.write("heddle.yaml", text) }

    func reload() throws -> HTTPAnswer { try server.request("POST", "/api/v1/configuration/reload") }

    func entries() throws -> [JSONValue] {
        try server.request("GET", "/api/v1/configuration").json["items"]?.array ?? []
    }

    func entry(_ key: String) throws -> JSONValue {
        try #require(try entries().first { $0["key"]?.string == key })
    }

    /// The lines of the audit log.
    var audit: [JSONValue] {
        readText(server.data + "/audit.log").split(separator: "\n")
            .map { line in
                (try? JSONValue(parsing: Array(line.utf8))) ?? .null
            }
    }
}
