/// The extensions that are there, and which needs which.
///
/// Answers for changes before they are made. Everything is linear in the number of dependencies, and nothing recurses:
/// how long a chain gets is up to whoever registers extensions.
package struct DependencyGraph: Sendable {
    /// One extension with what it says of others.
    package struct Member: Sendable, Hashable {
        package let name: ExtensionName
        package let version: SemanticVersion
        package let isActive: Bool
        package let dependencies: [ExtensionDependency]

        package init(
            name: ExtensionName,
            version: SemanticVersion,
            isActive: Bool = false,
            dependencies: [ExtensionDependency] = []
        ) {
            self.name = name
            self.version = version
            self.isActive = isActive
            self.dependencies = dependencies
        }
    }

    /// One extension that works with another.
    package struct Dependant: Sendable, Hashable {
        package let name: ExtensionName
        package let isActive: Bool
        /// What it says of the other.
        package let dependency: ExtensionDependency
    }

    /// From one extension to another, by their places.
    struct Edge: Sendable {
        let place: Int
        /// Which of the dependencies it is.
        let index: Int
        let isOptional: Bool
    }

    /// The extensions in the order in which they were given.
    package private(set) var members: [Member] = []
    /// The place of each name: in `members`, or behind them when others name it and it is not there.
    private(set) var places: [ExtensionName: Int] = [:]
    private(set) var uses: [[Edge]]
    private(set) var usedBy: [[Edge]]

    /// Takes the extensions that are there; of two with one name, the later counts.
    package init(_ members: some Sequence<Member>) {
        for member in members {
            if let place = places[member.name] {
                self.members[place] = member
            } else {
                places[member.name] = self.members.count
                self.members.append(member)
            }
        }
        uses = Array(repeating: [], count: self.members.count)
        usedBy = uses
        for (place, member) in self.members.enumerated() {
            uses[place].reserveCapacity(member.dependencies.count)
            for (index, dependency) in member.dependencies.enumerated() {
                let other = places[dependency.name] ?? usedBy.count
                if other == usedBy.count {
                    places[dependency.name] = other
                    uses.append([])
                    usedBy.append([])
                }
                uses[place].append(Edge(place: other, index: index, isOptional: dependency.isOptional))
                usedBy[other].append(Edge(place: place, index: index, isOptional: dependency.isOptional))
            }
        }
    }

    /// The extension of a name; nil when it is not there.
    package func member(_ name: ExtensionName) -> Member? {
        place(name).map { members[$0] }
    }

    func place(_ name: ExtensionName) -> Int? {
        places[name].flatMap { $0 < members.count ? $0 : nil }
    }

    /// What the extension at a place says of the other end of one of its edges.
    func dependency(_ edge: Edge, of place: Int) -> ExtensionDependency { members[place].dependencies[edge.index] }

    // MARK: Registering

    /// All that speaks against an extension that comes, or replaces the one of its name.
    ///
    /// What was broken before and is not made worse by it is not held against it.
    package func problems(of candidate: Member) -> [DependencyProblem] {
        var problems: [DependencyProblem] = []
        for (index, dependency) in candidate.dependencies.enumerated() where dependency.name != candidate.name {
            if let found = member(dependency.name) {
                if !dependency.range.contains(found.version) {
                    problems.append(.unsuitable(dependency, index: index, found: found.version))
                }
            } else if !dependency.isOptional {
                problems.append(.missing(dependency, index: index))
            }
        }
        return problems + cycles(of: candidate) + broken(by: candidate)
    }

    /// Asks an extension to go together with the others.
    ///
    /// - Throws: ``HeddleError`` with `dependencyUnsatisfied` or `dependencyCycle` and all problems.
    package func check(_ candidate: Member) throws(HeddleError) {
        let problems = problems(of: candidate)
        guard problems.isEmpty else { throw DependencyProblem.error(problems, of: candidate.name) }
    }

    private func broken(by candidate: Member) -> [DependencyProblem] {
        guard let place = places[candidate.name] else { return [] }
        let current = member(candidate.name)
        var problems: [DependencyProblem] = []
        for edge in usedBy[place] where edge.place != place {
            let dependency = dependency(edge, of: edge.place)
            let wasFine = current.map { dependency.range.contains($0.version) } ?? dependency.isOptional
            guard wasFine, !dependency.range.contains(candidate.version) else { continue }
            problems.append(
                .breaks(dependant: members[edge.place].name, dependency, version: candidate.version)
            )
        }
        return problems
    }

    // MARK: Removing

    /// Those that name an extension among their dependencies.
    package func dependants(of name: ExtensionName) -> [Dependant] {
        guard let place = places[name] else { return [] }
        return usedBy[place]
            .compactMap { edge in
                guard edge.place != place else { return nil }
                let member = members[edge.place]
                return Dependant(
                    name: member.name,
                    isActive: member.isActive,
                    dependency: dependency(edge, of: edge.place)
                )
            }
    }

    /// Asks that nothing which stays needs one of the extensions that go.
    ///
    /// - Throws: ``HeddleError`` with `dependencyUnsatisfied` and the `dependants`.
    package func checkRemoval(of names: [ExtensionName]) throws(HeddleError) {
        let going = Set(names)
        var needed: Set<ExtensionName> = []
        var staying: [ExtensionName] = []
        for name in names {
            for dependant in dependants(of: name)
            where !dependant.dependency.isOptional && !going.contains(dependant.name) {
                needed.insert(name)
                staying.append(dependant.name)
            }
        }
        var seen: Set<ExtensionName> = []
        staying = staying.filter { seen.insert($0).inserted }
        guard !staying.isEmpty else { return }
        let gone = names.filter { needed.remove($0) != nil }
        let (what, who) = (DependencyProblem.text(names: gone), DependencyProblem.text(names: staying))
        throw HeddleError(
            .dependencyUnsatisfied,
            "\(what.clipped(200)) cannot go: \(who.clipped(300)) would be without it",
            details: ["name": what, "dependants": who]
        )
    }
}
