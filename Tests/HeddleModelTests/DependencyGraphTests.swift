import HeddleModel
import Testing

@Suite("Extensions that need each other")
struct DependencyGraphTests {
    /// `name@version: other ^1, peer:other *, optional:other 2`; an exclamation mark at the end stands for an active one.
    private static func member(_ text: String) throws -> DependencyGraph.Member {
        let isActive = text.hasSuffix("!")
        let parts = (isActive ? String(text.dropLast()) : text).split(separator: ":", maxSplits: 1)
        let title = parts[0].split(separator: "@")
        let dependencies = try (parts.count == 2 ? parts[1] : "").split(separator: ",")
            .map { entry in
                let isOptional = entry.contains("optional:")
                let isPeer = entry.contains("peer:")
                let words = entry.replacing("optional:", with: "").replacing("peer:", with: "").split(separator: " ")
                return ExtensionDependency(
                    name: try ExtensionName(String(words[0])),
                    range: try VersionRange(words.dropFirst().joined(separator: " ")),
                    kind: isPeer ? .peer : .runtime,
                    isOptional: isOptional
                )
            }
        return DependencyGraph.Member(
            name: try ExtensionName(String(title[0])),
            version: try SemanticVersion(title.count == 2 ? String(title[1]) : "1.0.0"),
            isActive: isActive,
            dependencies: dependencies
        )
    }

    private static func graph(_ texts: String...) throws -> DependencyGraph { DependencyGraph(try texts.map(member)) }

    private static func names(_ text: String) throws -> [ExtensionName] {
        try text.split(separator: " ").map { try ExtensionName(String($0)) }
    }

    private static func refusal(_ graph: DependencyGraph, _ candidate: String) -> HeddleError? {
        #expect(throws: HeddleError.self) { try graph.check(member(candidate)) }
    }

    // MARK: Registering

    @Test("take one whose dependencies are there and fit")
    func fitting() throws {
        let graph = try Self.graph("a@1.2.3", "b@2.0.0: a ^1")
        try graph.check(Self.member("c: a ^1.2, peer:b >=2, optional:zzz 9"))
        try graph.check(Self.member("a@1.9.0"))
        try graph.check(Self.member("c"))
        #expect(try graph.member(ExtensionName("b"))?.version.description == "2.0.0")
        #expect(try graph.member(ExtensionName("c")) == nil)
    }

    @Test("refuse one for everything that is wrong at once")
    func everything() throws {
        let graph = try Self.graph(
            "a@1.2.3",
            "host@0.9.0",
            "user1: me ^1",
            "user2: optional:me 1.x",
            "user3: me >=1",
            "back: me *",
            "me@1.0.0"
        )
        let error = Self.refusal(
            graph,
            "me@2.0.0: gone ^3, peer:lost 1, a ^2, peer:host 1, optional:a2 1, optional:user3 ^5, back *, user1 *"
        )
        #expect(error?.code == .dependencyUnsatisfied)
        #expect(error?.details["name"] == "me")
        #expect(error?.details["missing"] == "gone, lost")
        #expect(error?.details["unsatisfied"] == nil)
        #expect(error?.details["unsuitable"] == "a, host, user3")
        #expect(error?.details["dependants"] == "user1, user2")
        #expect(error?.details["cycle"] == "me → back → me")
        let told = error?.violations.map(\.description) ?? []
        #expect(
            told == [
                "/dependencies/0 needs 'gone' ^3, which is not registered",
                "/dependencies/1 needs 'lost' 1, which has to be registered before it",
                "/dependencies/2 needs 'a' ^2, but 1.2.3 is registered",
                "/dependencies/3 needs 'host' 1, but 0.9.0 is registered",
                "/dependencies/5 only works with 'user3' ^5, but 1.0.0 is registered",
                "/dependencies/6 leads back to where it started: me → back → me",
                "/dependencies/7 leads back to where it started: me → user1 → me",
                "/version 2.0.0 does not fit 'user1', which needs 'me' ^1",
                "/version 2.0.0 does not fit 'user2', which needs 'me' 1.x",
            ]
        )
    }

    @Test("name the whole way of a circle, the shortest one")
    func cycles() throws {
        let graph = try Self.graph("b: c *", "c: a *, d *", "d: e *", "e: a *")
        let error = Self.refusal(graph, "a: b *")
        #expect(error?.code == .dependencyCycle)
        #expect(error?.details["cycle"] == "a → b → c → a")
        #expect(error?.message.contains("a → b → c → a") == true)
        #expect(Self.refusal(graph, "a: a *")?.details["cycle"] == "a → a")
        #expect(Self.refusal(graph, "a: optional:a *")?.code == .dependencyCycle)
        // Who can do without the other closes no circle, on either side.
        try graph.check(Self.member("a: optional:b *"))
        try Self.graph("b: optional:a *").check(Self.member("a: b *"))
        // An upgrade is seen with what it needs now, not with what it needed.
        try Self.graph("a: b *", "b").check(Self.member("a"))
        try Self.graph("a@1.0.0: b *", "b").check(Self.member("a@1.1.0: b *"))
    }

    @Test("do not blame one for what was broken before")
    func brokenBefore() throws {
        let graph = try Self.graph("a@1.0.0", "b: a ^2", "c: gone 1", "d: optional:new 1")
        try graph.check(Self.member("a@1.1.0"))
        try graph.check(Self.member("gone@3.0.0"))
        #expect(Self.refusal(graph, "new@3.0.0")?.details["dependants"] == "d")
        try graph.check(Self.member("new@1.0.0"))
    }

    @Test("tell the many in a bounded error")
    func bounded() throws {
        let users = try (0..<3000).map { try Self.member("user\($0): a 1") }
        let error = Self.refusal(DependencyGraph(users + [try Self.member("a")]), "a@2.0.0")
        #expect(error?.violations.count == 100)
        #expect(error?.details["problems"] == "3000")
        #expect(error?.details["dependants"]?.hasSuffix("and 2960 others") == true)
        #expect((error?.message.utf8.count ?? 0) < 1000)
    }

    // MARK: Order

    @Test("are activated dependencies first")
    func activation() throws {
        let graph = try Self.graph(
            "app: web *, peer:host *",
            "web: json *, optional:cache *",
            "host",
            "json",
            "cache",
            "x"
        )
        #expect(try graph.activationOrder(of: Self.names("app")) == Self.names("json web host app"))
        #expect(try graph.order(Self.names("app web json cache")) == Self.names("json cache web app"))
        #expect(try graph.order(Self.names("x web nothing app x")) == Self.names("x web app"))
        let warm = try Self.graph("app: web *", "web: json *!", "json")
        #expect(try warm.activationOrder(of: Self.names("app")) == Self.names("json app"))
        #expect(try warm.activationOrder(of: Self.names("web")) == Self.names("json"))
    }

    @Test("stay in an order that is possible already")
    func stable() throws {
        let graph = try Self.graph("a", "b: a *", "c", "d: b *, c *", "e: optional:a *")
        for order in ["a b c d e", "c a b d e", "a e c b d", "c a e b d"] {
            #expect(try graph.order(Self.names(order)) == Self.names(order))
        }
    }

    @Test("are not activated when something lacks, or in a circle")
    func noActivation() throws {
        let graph = try Self.graph("a: b *", "b: c 2, d *", "c@1.0.0", "x: y *", "y: z *", "z: y *", "s: s *")
        let error = #expect(throws: HeddleError.self) { try graph.activationOrder(of: Self.names("a")) }
        #expect(error?.code == .dependencyUnsatisfied)
        #expect(error?.details == ["name": "b", "missing": "d", "unsuitable": "c"])
        for (name, way) in [("x", "y → z → y"), ("s", "s → s")] {
            let circle = #expect(throws: HeddleError.self) { try graph.activationOrder(of: Self.names(name)) }
            #expect(circle?.code == .dependencyCycle)
            #expect(circle?.details["cycle"] == way)
        }
        let unknown = #expect(throws: HeddleError.self) { try graph.activationOrder(of: Self.names("nobody")) }
        #expect(unknown?.code == .extensionNotFound)
    }

    @Test("of which some are optional are ordered although they lead in a circle")
    func optionalCircle() throws {
        let graph = try Self.graph("a: b *", "b: c *", "c: optional:a *, d *", "d")
        #expect(try graph.order(Self.names("a b c d")) == Self.names("d c b a"))
        let both = try Self.graph("a: optional:b *", "b: optional:a *")
        #expect(try both.order(Self.names("b a")) == Self.names("b a"))
        #expect(try both.order(Self.names("a b")) == Self.names("a b"))
    }

    // MARK: Removing

    @Test("keep what others need, and say who")
    func removal() throws {
        let graph = try Self.graph("a", "b: a *", "c: optional:a *", "d: a ^1!", "e: b *")
        let error = #expect(throws: HeddleError.self) { try graph.checkRemoval(of: Self.names("a")) }
        #expect(error?.code == .dependencyUnsatisfied)
        #expect(error?.details == ["name": "a", "dependants": "b, d"])
        try graph.checkRemoval(of: Self.names("a b d e"))
        try graph.checkRemoval(of: Self.names("c e nobody"))
        let two = #expect(throws: HeddleError.self) { try graph.checkRemoval(of: Self.names("b a c")) }
        #expect(two?.details == ["name": "b, a", "dependants": "e, d"])
        let dependants = graph.dependants(of: try ExtensionName("a"))
        #expect(dependants.map(\.name.rawValue) == ["b", "c", "d"])
        #expect(dependants.map(\.isActive) == [false, false, true])
        #expect(dependants.map(\.dependency.isOptional) == [false, true, false])
        #expect(try graph.dependants(of: ExtensionName("nobody")).isEmpty)
    }

    @Test("are deactivated dependants first, those that can do without stay")
    func deactivation() throws {
        let graph = try Self.graph("a!", "b: a *!", "c: b *!", "d: optional:a *!", "e: a *", "f: e *!")
        #expect(try graph.deactivationOrder(of: ExtensionName("a")) == Self.names("f c b a"))
        #expect(try graph.deactivationOrder(of: ExtensionName("d")) == Self.names("d"))
        #expect(try graph.deactivationOrder(of: ExtensionName("e")) == Self.names("f"))
        #expect(try graph.deactivationOrder(of: ExtensionName("nobody")).isEmpty)
        let circle = try Self.graph("a: b *!", "b: a *!")
        #expect(try Set(circle.deactivationOrder(of: ExtensionName("a")).map(\.rawValue)) == ["a", "b"])
    }

    // MARK: Size

    @Test("in a chain of a hundred thousand are ordered, and its circle is named")
    func chain() throws {
        let count = 100_000
        let any = try VersionRange("*")
        let names = try (0..<count).map { try ExtensionName("n\($0)") }
        func member(_ index: Int, _ next: Int?) throws -> DependencyGraph.Member {
            DependencyGraph.Member(
                name: names[index],
                version: try SemanticVersion("1.0.0"),
                isActive: index % 2 == 0,
                dependencies: next.map { [ExtensionDependency(name: names[$0], range: any)] } ?? []
            )
        }
        let graph = DependencyGraph(try (0..<count).map { try member($0, $0 + 1 < count ? $0 + 1 : nil) })
        #expect(try graph.order(names) == names.reversed())
        let order = try graph.activationOrder(of: [names[0]])
        #expect(order == names.indices.reversed().filter { $0 % 2 == 1 }.map { names[$0] })
        #expect(graph.deactivationOrder(of: names[count - 1]).count == count / 2)
        let error = #expect(throws: HeddleError.self) { try graph.check(member(count - 1, 0)) }
        #expect(error?.code == .dependencyCycle)
        #expect(error?.details["cycle"]?.hasPrefix("n99999 → n0 → n1 → ") == true)
        #expect(error?.details["cycle"]?.contains("99961 others") == true)
    }

    @Test("ten thousand with twenty-five dependencies each are answered for")
    func many() throws {
        let count = 10_000
        let range = try VersionRange("^1")
        let version = try SemanticVersion("1.5.0")
        let names = try (0..<count).map { try ExtensionName("n\($0)") }
        let members = names.indices.map { index in
            DependencyGraph.Member(
                name: names[index],
                version: version,
                dependencies: (1...25).filter { $0 <= index }
                    .map { ExtensionDependency(name: names[index - $0], range: range) }
            )
        }
        let graph = DependencyGraph(members.reversed())
        #expect(try graph.order(names.reversed()) == names)
        #expect(try graph.activationOrder(of: [names[count - 1]]) == names)
        #expect(graph.dependants(of: names[0]).count == 25)
        let late = DependencyGraph.Member(
            name: names[0],
            version: try SemanticVersion("2.0.0"),
            dependencies: [ExtensionDependency(name: names[count - 1], range: range)]
        )
        let problems = graph.problems(of: late)
        #expect(problems.count == 26)
        #expect(problems.contains { if case .cycle(let way, _) = $0 { way.count == 402 } else { false } })
    }
}
