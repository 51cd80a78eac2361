import HeddleModel
import HeddleTestSupport
import Testing

/// The same answers, worked out from the definitions.
private struct Oracle {
    let members: [DependencyGraph.Member]

    func find(_ name: ExtensionName) -> DependencyGraph.Member? { members.first { $0.name == name } }

    /// Whether `from` leads to `to` over at least one dependency.
    func leads(_ from: ExtensionName, _ to: ExtensionName, over isEdge: (ExtensionDependency) -> Bool) -> Bool {
        var reached: Set<ExtensionName> = []
        var isGrowing = true
        while isGrowing {
            isGrowing = false
            for member in members where member.name == from || reached.contains(member.name) {
                for dependency in member.dependencies where isEdge(dependency) && find(dependency.name) != nil {
                    if reached.insert(dependency.name).inserted { isGrowing = true }
                }
            }
        }
        return reached.contains(to)
    }

    func hasCircle() -> Bool { members.contains { leads($0.name, $0.name) { !$0.isOptional } } }
}

@Suite("Random extensions that need each other")
struct DependencyGraphPropertyTests {
    private static func member(_ name: ExtensionName, _ names: [ExtensionName], _ random: inout SplitMix64) throws
        -> DependencyGraph.Member
    {
        let count = Int.random(in: 0...3, using: &random)
        let others = names.shuffled(using: &random).prefix(count)
        return DependencyGraph.Member(
            name: name,
            version: try SemanticVersion("\(Int.random(in: 1...2, using: &random)).0.0"),
            isActive: Bool.random(using: &random),
            dependencies: try others.map { other in
                ExtensionDependency(
                    name: other,
                    range: try VersionRange(["*", "1", "2"].randomElement(using: &random) ?? "*"),
                    kind: Bool.random(using: &random) ? .runtime : .peer,
                    isOptional: Int.random(in: 0..<3, using: &random) == 0
                )
            }
        )
    }

    private static func graphs(
        _ seed: UInt64,
        _ count: Int,
        _ body: (Oracle, [ExtensionName], inout SplitMix64) throws -> Void
    ) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<count {
            let names = try (0..<Int.random(in: 1...8, using: &random)).map { try ExtensionName("n\($0)") }
            let there = names.filter { _ in Int.random(in: 0..<5, using: &random) > 0 }
            try body(Oracle(members: there.map { try member($0, names, &random) }), names, &random)
        }
    }

    @Test("are refused for what the definitions say", arguments: [1, 2, 3] as [UInt64])
    func problems(_ seed: UInt64) throws {
        var kinds: Set<String> = []
        try Self.graphs(seed, 1500) { before, names, random in
            let candidate = try Self.member(names.randomElement(using: &random) ?? names[0], names, &random)
            let others = before.members.filter { $0.name != candidate.name }
            let after = Oracle(members: others + [candidate])
            var expected: Set<DependencyProblem> = []
            for (index, dependency) in candidate.dependencies.enumerated() where dependency.name != candidate.name {
                switch before.find(dependency.name) {
                case let found? where !dependency.range.contains(found.version):
                    expected.insert(.unsuitable(dependency, index: index, found: found.version))
                case nil where !dependency.isOptional: expected.insert(.missing(dependency, index: index))
                default: break
                }
            }
            for other in others {
                for dependency in other.dependencies where dependency.name == candidate.name {
                    let wasFine =
                        before.find(candidate.name).map { dependency.range.contains($0.version) }
                        ?? dependency.isOptional
                    if wasFine, !dependency.range.contains(candidate.version) {
                        expected.insert(.breaks(dependant: other.name, dependency, version: candidate.version))
                    }
                }
            }
            var found: Set<DependencyProblem> = []
            var circles: Set<Int> = []
            for problem in DependencyGraph(before.members).problems(of: candidate) {
                guard case .cycle(let way, let index) = problem else {
                    #expect(found.insert(problem).inserted)
                    continue
                }
                circles.insert(index)
                #expect(way.first == candidate.name && way.last == candidate.name)
                for (one, next) in zip(way, way.dropFirst()) {
                    let says = after.find(one)?.dependencies
                        .contains { dependency in
                            dependency.name == next && (!dependency.isOptional || one == next)
                        }
                    #expect(says == true)
                }
            }
            #expect(found == expected)
            let expectedCircles = candidate.dependencies.indices.filter { index in
                let dependency = candidate.dependencies[index]
                if dependency.name == candidate.name { return true }
                return !dependency.isOptional && after.leads(dependency.name, candidate.name) { !$0.isOptional }
            }
            #expect(circles == Set(expectedCircles))
            for problem in expected { kinds.insert(String("\(problem)".prefix { $0.isLetter })) }
            if !circles.isEmpty { kinds.insert("cycle") }
        }
        #expect(kinds == ["missing", "unsuitable", "breaks", "cycle"])
    }

    @Test("are ordered as the definitions say", arguments: [4, 5, 6] as [UInt64])
    func order(_ seed: UInt64) throws {
        var ordered = 0
        var refused = 0
        try Self.graphs(seed, 1500) { oracle, _, random in
            let graph = DependencyGraph(oracle.members)
            let names = oracle.members.map(\.name).shuffled(using: &random)
            guard !oracle.hasCircle() else {
                refused += 1
                let error = #expect(throws: HeddleError.self) { try graph.order(names) }
                #expect(error?.code == .dependencyCycle)
                return
            }
            ordered += 1
            let order = try graph.order(names)
            #expect(order.count == names.count && Set(order) == Set(names))
            let rank = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($0.element, $0.offset) })
            for member in oracle.members {
                for dependency in member.dependencies {
                    guard let place = rank[member.name], let other = rank[dependency.name] else { continue }
                    let isBound = !dependency.isOptional || !oracle.leads(dependency.name, member.name) { _ in true }
                    #expect(!isBound || other < place)
                }
            }
            // A possible order is kept.
            #expect(try graph.order(order) == order)
        }
        #expect(ordered > 100 && refused > 100)
    }

    @Test("are activated and deactivated with those that need them", arguments: [7, 8, 9] as [UInt64])
    func closures(_ seed: UInt64) throws {
        var activated = 0
        try Self.graphs(seed, 1500) { oracle, names, random in
            let graph = DependencyGraph(oracle.members)
            guard let goal = oracle.members.randomElement(using: &random) else { return }
            let name = goal.name
            let up = oracle.members.filter { other in
                other.name == name || oracle.leads(other.name, name) { !$0.isOptional }
            }
            #expect(Set(graph.deactivationOrder(of: name)) == Set(up.filter(\.isActive).map(\.name)))
            let direct = oracle.members.filter { other in
                other.name != name && other.dependencies.contains { $0.name == name && !$0.isOptional }
            }
            let found = graph.dependants(of: name).filter { !$0.dependency.isOptional }
            #expect(found.map(\.name) == direct.map(\.name))

            let down = oracle.members.filter { other in
                other.name == name || oracle.leads(name, other.name) { !$0.isOptional }
            }
            let isFine = down.allSatisfy { other in
                other.dependencies.allSatisfy { dependency in
                    dependency.isOptional
                        || oracle.find(dependency.name).map { dependency.range.contains($0.version) } == true
                }
            }
            guard isFine, !Oracle(members: down).hasCircle() else {
                #expect(throws: HeddleError.self) { try graph.activationOrder(of: [name]) }
                return
            }
            activated += 1
            let order = try graph.activationOrder(of: [name])
            #expect(Set(order) == Set(down.filter { !$0.isActive }.map(\.name)))
            if !goal.isActive { #expect(order.last == name) }
        }
        #expect(activated > 100)
    }
}
