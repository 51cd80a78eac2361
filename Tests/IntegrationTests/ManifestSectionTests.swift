import FoundationEssentials
import Glibc
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    @Suite("The sections of a manifest at work", .serialized)
    struct ManifestSectionTests {
        /// Writes a folder with an extension; its path.
        static func folder(_ server: ServerFixture, _ name: String, _ more: JSONValue = [:]) throws -> String {
            let folder = "\(server.scratch.path)/extensions/\(name)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            var manifest = JSONObject(members: [
                .init(name: "name", value: .string(name)), .init(name: "version", value: "1.0.0"),
                .init(name: "runtime", value: ["command": [.string(server.echo)]]),
            ])
            for member in more.object?.members ?? [] { manifest[member.name] = member.value }
            try server.scratch.write("extensions/\(name)/extension.json", JSONValue.object(manifest).text)
            return folder
        }

        @discardableResult
        static func add(_ server: ServerFixture, _ name: String, _ more: JSONValue = [:]) throws -> HTTPAnswer {
            let body: JSONValue = ["source": ["kind": "directory", "path": .string(try folder(server, name, more))]]
            return try server.request("POST", "/api/v1/extensions", body: body.text)
        }

        @Test("dependencies have to be there in a version that fits, and stay while they are needed")
        func dependencies() async throws {
            try await ServerFixture.with { server in
                let lonely = try Self.add(server, "app", ["dependencies": ["base": "^1.0", "time": "^2"]])
                #expect(lonely.code == "DEPENDENCY_UNSATISFIED", "\(lonely.json.text)")
                let violations = lonely.json["error"]?["details"]?["violations"]?.array ?? []
                #expect(violations.count == 2, "\(lonely.json.text)")
                #expect(try Self.add(server, "base").status == 201)
                #expect(
                    try Self.add(server, "app", ["dependencies": ["base": "^2.0"]]).code == "DEPENDENCY_UNSATISFIED"
                )
                let added = try Self.add(server, "app", ["dependencies": ["base": "^1.0"]])
                #expect(added.status == 201, "\(added.json.text)")
                #expect(try server.request("DELETE", "/api/v1/extensions/base").code == "DEPENDENCY_UNSATISFIED")

                let circle = try Self.folder(server, "base", ["version": "1.1.0", "dependencies": ["app": "^1.0"]])
                let body: JSONValue = ["source": ["kind": "directory", "path": .string(circle)]]
                let upgraded = try server.request("POST", "/api/v1/extensions/base/upgrade", body: body.text)
                #expect(
                    upgraded.code == "DEPENDENCY_CYCLE" && upgraded.json.text.contains("base → app → base"),
                    "\(upgraded.json.text)"
                )
                _ = try Self.folder(server, "base", ["version": "2.0.0"])
                let breaking = try server.request("POST", "/api/v1/extensions/base/upgrade", body: body.text)
                #expect(breaking.code == "DEPENDENCY_UNSATISFIED", "\(breaking.json.text)")
                // They go down together or not at all, and come up in their order.
                #expect(
                    try server.request("POST", "/api/v1/extensions/base/deactivate").code == "DEPENDENCY_UNSATISFIED"
                )
                #expect(try server.command("ext", "deactivate", "base", "--cascade").status == 0)
                func state(_ name: String) throws -> String? {
                    try server.request("GET", "/api/v1/extensions/\(name)").json["state"]?.string
                }
                #expect(try [state("app"), state("base")] == ["inactive", "inactive"])
                #expect(try server.command("ext", "activate", "app").status == 0)
                #expect(try [state("app"), state("base")] == ["active", "active"])
                #expect(try server.request("DELETE", "/api/v1/extensions/app").status == 204)
                #expect(try server.request("DELETE", "/api/v1/extensions/base").status == 204)
            }
        }

        @Test("what does not fit here is refused by name")
        func compatibility() async throws {
            try await ServerFixture.with { server in
                for (section, value, code, word) in [
                    ("compatibility", ["heddle": ">=99.0.0"], "INCOMPATIBLE", "99.0.0"),
                    ("compatibility", ["platforms": ["win32"]], "INCOMPATIBLE", "win32"),
                    ("sandbox", ["level": "vm"], "SANDBOX_UNAVAILABLE", "vm"),
                    ("capabilities", [["id": "x", "tools": ["nothing"]]], "SMOKE_CHECK_FAILED", "nothing"),
                    ("health_check", ["capability": "nothing"], "SMOKE_CHECK_FAILED", "nothing"),
                    ("health_check", ["capability": "echo", "parameters": [:]], "INVALID_PARAMETERS", "text"),
                ] as [(String, JSONValue, String, String)] {
                    let answer = try Self.add(
                        server,
                        "x",
                        .object(JSONObject(members: [.init(name: section, value: value)]))
                    )
                    #expect(answer.code == code && answer.json.text.contains(word), "\(answer.json.text)")
                }
                #expect(try Self.add(server, "a", ["compatibility": ["conflicts": ["b"]]]).status == 201)
                #expect(try Self.add(server, "b").code == "INCOMPATIBLE")
                #expect(try Self.add(server, "c", ["compatibility": ["conflicts": ["a"]]]).code == "INCOMPATIBLE")
            }
        }

        @Test("hooks run in their order, confined; what is required stops the registration")
        func hooks() async throws {
            try await ServerFixture.with { server in
                let note: JSONValue = ["/bin/sh", "-c", "echo did $HEDDLE_HOOK; echo $HEDDLE_HOOK >> /data/hooks"]
                let moments = [
                    "pre_install", "post_install", "pre_activate", "post_activate", "pre_deactivate", "post_deactivate",
                ]
                let hooks = JSONValue.object(JSONObject(members: moments.map { .init(name: $0, value: note) }))
                let added = try Self.add(server, "tool", ["lifecycle_hooks": hooks])
                #expect(added.status == 201, "\(added.json.text)")
                #expect(try server.request("POST", "/api/v1/extensions/tool/deactivate").status == 200)
                let found = readText(server.data + "/extensions/default/tool/hooks")
                #expect(found.split(separator: "\n").map(String.init) == moments, "\(found)")
                let lines = try server.request("GET", "/api/v1/extensions/tool/logs").json["lines"]?.array ?? []
                #expect(lines.contains { $0["text"] == "did pre_install" && $0["stream"] == "hook" }, "\(lines)")

                let failing: JSONValue = ["pre_install": ["command": ["/bin/sh", "-c", "echo no luck >&2; exit 3"]]]
                let refused = try Self.add(server, "other", ["lifecycle_hooks": failing])
                #expect(refused.code == "HOOK_FAILED" && refused.json.text.contains("no luck"), "\(refused.json.text)")
                let slow: JSONValue = ["pre_activate": ["command": ["/bin/sleep", "60"], "timeout_seconds": 1]]
                let late = try Self.add(server, "other", ["lifecycle_hooks": slow])
                #expect(late.code == "HOOK_FAILED" && late.json.text.contains("longer than 1 s"), "\(late.json.text)")
                let optional: JSONValue = ["pre_install": ["command": "/bin/false", "required": false]]
                #expect(try Self.add(server, "other", ["lifecycle_hooks": optional]).status == 201)
                // Nobody can keep himself from being removed.
                let stubborn: JSONValue = ["pre_uninstall": "/bin/false", "pre_deactivate": "/bin/false"]
                #expect(try Self.add(server, "stubborn", ["lifecycle_hooks": stubborn]).status == 201)
                #expect(try server.request("DELETE", "/api/v1/extensions/stubborn").status == 204)
            }
        }

        @Test("eager extensions run without a call, also after a restart and after their process ended")
        func eager() async throws {
            try await ServerFixture.with { server in
                #expect(try Self.add(server, "guard", ["type": "security"]).status == 201)
                #expect(try Self.add(server, "behind", ["loading": ["strategy": "background"]]).status == 201)
                #expect(try Self.add(server, "lazy").status == 201)
                #expect(try Self.add(server, "brief", ["loading": ["strategy": "on_demand"]]).status == 201)
                func runs(_ name: String) -> Bool { (try? server.instances(of: name).isEmpty) == false }
                #expect(eventually(seconds: 10) { runs("guard") && runs("behind") })
                #expect(!runs("lazy") && !runs("brief"))
                try server.restart()
                #expect(eventually(seconds: 10) { runs("guard") && runs("behind") })
                let process = try #require(try server.instances(of: "guard").first?["pid"]?.integer)
                kill(pid_t(process), SIGKILL)
                let restarted = eventually(seconds: 10) {
                    (try? server.instances(of: "guard").first?["pid"]?.integer).map { $0 != process } ?? false
                }
                #expect(restarted)
                #expect(try server.echoWorks("brief"))
                #expect(eventually(seconds: 10) { !runs("brief") })
            }
        }

        @Test("extensions are found by what they are, and in folders")
        func find() async throws {
            try await ServerFixture.with { server in
                #expect(try Self.add(server, "one", ["type": "ai", "capabilities": ["text_analysis"]]).status == 201)
                #expect(try Self.add(server, "two", ["type": "data", "description": "Counts Words."]).status == 201)
                func names(_ query: String) throws -> [String] {
                    let items = try server.request("GET", "/api/v1/extensions?\(query)").json["items"]?.array ?? []
                    return items.compactMap { $0["name"]?.string }
                }
                #expect(try names("capability=text_analysis") == ["one"])
                #expect(try names("capability=echo") == ["one", "two"])
                #expect(try names("capability=echo&type=data") == ["two"])
                #expect(try names("q=words&state=active") == ["two"])
                #expect(try names("version=%3E1.0.0") == [])
                #expect(try server.request("GET", "/api/v1/extensions?type=nonsense").code == "INVALID_REQUEST")
                #expect(try server.command("ext", "find", "--capability", "text_analysis").output.contains("one"))

                let lookup = try server.request(
                    "POST",
                    "/api/v1/extensions/lookup",
                    body: #"{"names":["two","x","one"]}"#
                )
                #expect(lookup.json["items"]?.array?.map { $0["name"]?.string } == ["two", nil, "one"])

                _ = try Self.folder(server, "new", ["version": "3.0.0"])
                _ = try Self.folder(server, "deep/inside")
                _ = try Self.folder(server, "broken", ["type": "nonsense"])
                let folder = server.scratch.path + "/extensions"
                let found = try server.request(
                    "POST",
                    "/api/v1/extensions/discover",
                    body: (["path": .string(folder)] as JSONValue).text
                )
                let items = found.json["items"]?.array ?? []
                let paths = items.compactMap { $0["path"]?.string?.dropFirst(folder.count + 1) }
                #expect(paths == ["broken", "deep/inside", "new", "one", "two"], "\(found.json.text)")
                #expect(
                    items.first?["error"]?.string?.contains("/type") == true && items.first?["name"] == JSONValue.null
                )
                let shown = try server.command("ext", "discover", folder)
                #expect(shown.output.contains("added") && shown.output.contains("3.0.0"), "\(shown)")
                let nowhere = try server.request("POST", "/api/v1/extensions/discover", body: #"{"path":"/nowhere"}"#)
                #expect(nowhere.code == "PATH_NOT_READABLE")
            }
        }

        @Test("the registry in memory is what is stored, and is put right when it is not")
        func index() async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                let checked = try server.command("ext", "index", "check")
                #expect(checked.status == 0 && checked.output.contains("nothing differs"), "\(checked)")
                let rebuilt = try server.command("ext", "index", "rebuild")
                #expect(rebuilt.status == 0 && !rebuilt.output.contains("put right"), "\(rebuilt)")
                #expect(try server.echoWorks())
            }
        }

        @Test("the stages of a registration are timed and shown")
        func stages() async throws {
            try await ServerFixture.with { server in
                let added = try Self.add(server, "tool")
                let names = added.json["stages"]?.array?.compactMap { $0["name"]?.string } ?? []
                let expected = [
                    "manifest", "security", "resolve", "dependencies", "compatibility", "resources", "hooks",
                    "smoke_check", "persist",
                ]
                #expect(Set(names) == Set(expected), "\(names)")
                func shown() throws -> JSONValue? {
                    try server.request("GET", "/api/v1/extensions/tool").json["stages"]
                }
                func shownNames() throws -> Set<String> {
                    Set(try shown()?.array?.compactMap { $0["name"]?.string } ?? [])
                }
                #expect(try shown() == added.json["stages"])
                try server.restart()
                #expect(
                    try shownNames() == Set(expected).subtracting(["persist"]),
                    "nobody stores how long storing took"
                )

                let newer = try Self.folder(server, "tool", ["version": "1.1.0"])
                let body: JSONValue = ["source": ["kind": "directory", "path": .string(newer)]]
                let upgraded = try server.request("POST", "/api/v1/extensions/tool/upgrade", body: body.text)
                #expect(upgraded.status == 200 && upgraded.json["version"] == "1.1.0", "\(upgraded.json.text)")
                #expect(try shown() == upgraded.json["stages"])
                #expect(try shownNames().isSuperset(of: ["manifest", "dependencies", "smoke_check", "persist"]))
            }
        }
    }
}
