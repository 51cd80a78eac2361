extension DependencyGraph {
    private static let mostCycles = 8

    /// The shortest way back to an extension from each of those that it needs.
    ///
    /// Optional dependencies close no circle: who can do without another can also be started before it.
    func cycles(of candidate: Member) -> [DependencyProblem] {
        let needs = candidate.dependencies.enumerated()
            .filter { !$0.element.isOptional || $0.element.name == candidate.name }
        guard !needs.isEmpty else { return [] }
        let next = waysTo(candidate.name)
        var problems: [DependencyProblem] = []
        for (index, dependency) in needs {
            guard problems.count < Self.mostCycles else { break }
            if dependency.name == candidate.name {
                problems.append(.cycle([candidate.name, candidate.name], index: index))
            } else if let place = place(dependency.name), next[place] != nil {
                problems.append(.cycle(way(from: place, to: candidate.name, next), index: index))
            }
        }
        return problems
    }

    /// The next place on the shortest way to an extension, for each place from which there is one.
    private func waysTo(_ name: ExtensionName) -> [Int?] {
        var next = [Int?](repeating: nil, count: usedBy.count)
        guard let goal = places[name] else { return next }
        var queue = [goal]
        var head = 0
        while head < queue.count {
            let place = queue[head]
            head += 1
            for edge in usedBy[place] where !edge.isOptional && edge.place != goal && next[edge.place] == nil {
                next[edge.place] = place
                queue.append(edge.place)
            }
        }
        return next
    }

    private func way(from start: Int, to name: ExtensionName, _ next: [Int?]) -> [ExtensionName] {
        var names = [name]
        var place = start
        while place < members.count, members[place].name != name {
            names.append(members[place].name)
            guard let following = next[place] else { break }
            place = following
        }
        return names + [name]
    }
}
