import FoundationEssentials
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    @Suite("Contexts on the command line", .serialized)
    struct ContextCommandTests {
        private static func file(_ server: ServerFixture, _ text: String) throws -> String {
            let name = "input-\(UUID().uuidString)"
            try server.scratch.write(name, text)
            return "\(server.scratch.path)/\(name)"
        }

        /// The one line that a command prints, such as an id.
        private static func line(_ server: ServerFixture, _ arguments: String...) throws -> String {
            let outcome = try server.command(["context"] + arguments, seconds: 60)
            try #require(outcome.status == 0, "\(arguments): \(outcome)")
            return outcome.output.filter { $0 != "\n" }
        }

        @Test("are created, found, changed and removed")
        func life() async throws {
            try await ServerFixture.with { server in
                let id = try Self.line(
                    server,
                    "create",
                    "Alpha",
                    "--type",
                    "pipeline",
                    "--tag",
                    "red",
                    "--data",
                    "project=apollo",
                    "--data",
                    "n:=5",
                    "--timeout",
                    "8h",
                    "--max-participants",
                    "3",
                    "--persistent"
                )
                let shown = try server.json("context", "get", id)
                #expect(
                    shown["type"] == "pipeline" && shown["metadata"]?["custom_data"] == ["project": "apollo", "n": 5]
                )
                #expect(shown["configuration"]?["timeout_ms"] == 28_800_000 && shown["expires_at"] == .null)
                let details = try server.command("context", "get", id, "--include", "access")
                #expect(details.output.contains("name          Alpha\n") && details.output.contains("join token"))
                let listed = try server.command(
                    "context",
                    "list",
                    "--tag",
                    "red",
                    "--metadata",
                    "custom_data.n=5",
                    "-q",
                    "alp"
                )
                #expect(listed.output.hasPrefix("ID ") && listed.output.contains(id) && listed.output.contains("0/3"))
                let nothing = try server.command("context", "list", "--type", "parallel")
                #expect(
                    nothing.status == 0 && nothing.output.isEmpty && nothing.error.contains("heddle context create")
                )

                #expect(
                    try Self.line(server, "update", id, "--status", "paused", "--if-version", "1")
                        == "Alpha is paused, version 2"
                )
                let late = try server.command("context", "update", id, "--name", "x", "--if-version", "1")
                #expect(late.status == 1 && late.error.contains("VERSION_CONFLICT"))
                let wrong = try server.command("context", "create", "x", "--max-participants", "0")
                #expect(wrong.status == 2 && wrong.error.contains("max_participants"))
                let replacement = try Self.file(server, #"{"name":"Beta","type":"parallel"}"#)
                #expect(
                    try server.json("context", "update", id, "--replace", "--file", replacement)["metadata"]?["tags"]
                        == []
                )
                let copy = try Self.line(server, "clone", id, "--name", "Copy")
                #expect(try server.json("context", "stats")["total_contexts"] == 2)
                #expect(try Self.line(server, "health", copy) == "healthy")
                let page = try server.json("context", "list", "--limit", "1")
                let rest = try server.json("context", "list", "--cursor", page["next_cursor"]?.string ?? "")
                #expect(
                    page["items"]?.array?.first?["name"] == "Copy" && rest["items"]?.array?.first?["name"] == "Beta"
                )
                let events = try server.json("context", "events", id)["items"]?.array ?? []
                #expect(events.first?["type"] == "context.created" && events.count == 3)
                let removed = try server.command("context", "delete", id, copy)
                #expect(removed.status == 0 && removed.output.split(separator: "\n").count == 2)
                #expect(try server.command("context", "get", id).status == 4)
            }
        }

        @Test("have participants and sessions")
        func members() async throws {
            try await ServerFixture.with { server in
                let id = try Self.line(
                    server,
                    "create",
                    "team",
                    "--max-participants",
                    "3",
                    "--join-policy",
                    "invitation_only"
                )
                let denied = try server.command("context", "participants", "add", id, "ann")
                #expect(denied.status == 5 && denied.error.contains("JOIN_REFUSED"))
                let token =
                    try server.json("context", "get", id, "--include", "access")["access_info"]?["join_token"]?.string
                    ?? ""
                let ann = try Self.line(
                    server,
                    "participants",
                    "add",
                    id,
                    "ann",
                    "--role",
                    "reviewer",
                    "--display-name",
                    "Ann",
                    "--join-token",
                    token
                )
                #expect(
                    try server.command("context", "participants", "add", id, "b", "c", "--join-token", token).status
                        == 0
                )
                let full = try server.command("context", "participants", "add", id, "d", "--join-token", token)
                #expect(full.status == 1 && full.error.contains("CONTEXT_FULL"))
                let reviewers = try server.command("context", "participants", "list", id, "--role", "reviewer")
                #expect(reviewers.output.contains(ann) && reviewers.output.split(separator: "\n").count == 2)
                #expect(
                    try Self.line(server, "participants", "update", id, ann, "--status", "inactive")
                        == "ann is inactive"
                )

                let session = try Self.line(
                    server,
                    "sessions",
                    "begin",
                    id,
                    "review",
                    "--participant",
                    ann,
                    "--max-duration",
                    "30m"
                )
                #expect(try server.json("context", "sessions", "update", id, session, "--active", ann)["version"] == 2)
                #expect(try server.command("context", "sessions", "list", id).output.contains("1/1"))
                #expect(try Self.line(server, "participants", "remove", id, ann) == "\(ann) has left")
                #expect(try server.command("context", "sessions", "list", id).output.contains("0/1"))
                #expect(try Self.line(server, "sessions", "end", id, session, "--failed") == "review is failed")
                #expect(try server.command("context", "sessions", "end", id, session).status == 1)
                let left = try server.json("context", "participants", "list", id, "--status", "left")
                #expect(left["items"]?.array?.map { $0["agent_id"]?.string } == ["ann"])
            }
        }

        @Test("have metadata under any key")
        func metadata() async throws {
            try await ServerFixture.with { server in
                let id = try Self.line(server, "create", "team")
                for key in ["a/b", "%", "x y", "ü😀", "..", "priority"] {
                    #expect(try Self.line(server, "metadata", "set", id, key, #"{"v":1.0}"#) == "\(key) has version 1")
                    #expect(try Self.line(server, "metadata", "get", id, key) == #"{"v":1.0}"#)
                }
                #expect(
                    try Self.line(server, "metadata", "set", id, "priority", "high", "--if-version", "1")
                        .hasSuffix("version 2")
                )
                #expect(try Self.line(server, "metadata", "set", id, "number", "5", "--text").hasSuffix("version 1"))
                #expect(try Self.line(server, "metadata", "get", id, "number") == #""5""#)
                let found = try server.command("context", "metadata", "list", id, "--pattern", "p*")
                #expect(found.output.split(separator: "\n").count == 2 && found.output.contains(#""high""#))
                #expect(try Self.line(server, "metadata", "remove", id, "priority") == "priority is removed")
                #expect(try server.command("context", "metadata", "get", id, "priority").status == 4)
                let history = try server.command("context", "metadata", "history", id, "priority").output
                #expect(history.split(separator: "\n").count == 4 && history.contains("removed"))
            }
        }

        @Test("have a state that is patched, kept and put back")
        func state() async throws {
            try await ServerFixture.with { server in
                let id = try Self.line(server, "create", "team")
                let first = try Self.file(server, #"{"tasks":[{"title":"a"}],"n":1.0}"#)
                #expect(try Self.line(server, "state", "set", id, first).hasPrefix("the state has version 1, sha256:"))
                let patch = try Self.file(server, #"[{"op":"add","path":"/tasks/-","value":{"title":"b"}}]"#)
                #expect(try server.json("context", "state", "patch", id, patch, "--base-version", "1")["version"] == 2)
                let merge = try Self.file(server, #"{"n":2}"#)
                let late = try server.command("context", "state", "patch", id, merge, "--merge", "--base-version", "1")
                #expect(late.status == 1 && late.error.contains("SYNC_CONFLICT"))
                let merged = try server.json(
                    "context",
                    "state",
                    "patch",
                    id,
                    merge,
                    "--merge",
                    "--base-version",
                    "1",
                    "--on-conflict",
                    "merge"
                )
                #expect(merged["version"] == 3)
                #expect(try Self.line(server, "state", "get", id) == #"{"tasks":[{"title":"a"},{"title":"b"}],"n":2}"#)
                #expect(try Self.line(server, "state", "get", id, "--path", "/tasks/1/title") == #""b""#)
                #expect(
                    try Self.line(server, "state", "get", id, "--version", "1") == #"{"tasks":[{"title":"a"}],"n":1.0}"#
                )
                #expect(try server.command("context", "state", "get", id, "--path", "/none").status == 4)
                let changes = try server.command("context", "state", "changes", id, "--since", "1").output
                #expect(changes.split(separator: "\n").count == 3 && changes.contains("/tasks/1"))
                let snapshot = try Self.line(server, "state", "snapshot", id, "--name", "good")
                #expect(try server.command("context", "state", "snapshots", id).output.contains("good"))
                #expect(
                    try Self.line(server, "state", "restore", id, "--version", "1").hasPrefix("the state has version 4")
                )
                #expect(try Self.line(server, "state", "restore", id, snapshot).hasPrefix("the state has version 5"))
                #expect(try Self.line(server, "state", "get", id, "--path", "/n") == "2")
                #expect(try Self.line(server, "state", "forget", id, snapshot) == "\(snapshot) is removed")
                let failing = try Self.file(server, #"[{"op":"test","path":"/n","value":3}]"#)
                #expect(try server.command("context", "state", "patch", id, failing).error.contains("PATCH_FAILED"))
                #expect(try server.command("context", "state", "patch", id, "/no/such/file").status == 1)
            }
        }
    }
}
