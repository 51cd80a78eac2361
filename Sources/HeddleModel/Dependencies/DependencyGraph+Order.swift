extension DependencyGraph {
    /// Some of the extensions, each behind those of them that it works with.
    ///
    /// Otherwise they stay in the order in which they are named here: what is in a possible order already stays as it is.
    /// An optional dependency has no say where it closes a circle. Names of extensions that are not there are left out.
    ///
    /// - Throws: ``HeddleError`` with `dependencyCycle` when some of them need each other.
    package func order(_ names: [ExtensionName]) throws(HeddleError) -> [ExtensionName] {
        try acyclic(names.compactMap(place)).map { members[$0].name }
    }

    /// What has to be activated so that these extensions run, those that others need first.
    ///
    /// They themselves are the last; what is active already is left out, and so is what is only optional.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound`, `dependencyCycle`, or `dependencyUnsatisfied` and all problems of
    ///   the first one that lacks something.
    package func activationOrder(of names: [ExtensionName]) throws(HeddleError) -> [ExtensionName] {
        var needed: [Int] = []
        var isNeeded = [Bool](repeating: false, count: members.count)
        func need(_ place: Int) {
            guard !isNeeded[place] else { return }
            isNeeded[place] = true
            needed.append(place)
        }
        for name in names {
            guard let place = place(name) else {
                throw HeddleError(
                    .extensionNotFound,
                    "there is no extension '\(name)'",
                    details: ["name": name.rawValue]
                )
            }
            need(place)
        }
        var head = 0
        while head < needed.count {
            let place = needed[head]
            head += 1
            var problems: [DependencyProblem] = []
            for edge in uses[place] where !edge.isOptional {
                let dependency = dependency(edge, of: place)
                guard edge.place < members.count else {
                    problems.append(.missing(dependency, index: edge.index))
                    continue
                }
                let found = members[edge.place].version
                if !dependency.range.contains(found) {
                    problems.append(.unsuitable(dependency, index: edge.index, found: found))
                }
                need(edge.place)
            }
            guard problems.isEmpty else { throw DependencyProblem.error(problems, of: members[place].name) }
        }
        return try acyclic(needed).lazy.map { members[$0] }.filter { !$0.isActive }.map(\.name)
    }

    /// What has to be deactivated with an extension: the active ones that need it, and behind them itself.
    ///
    /// Those that can do without it stay. Extensions that need each other come in some order.
    package func deactivationOrder(of name: ExtensionName) -> [ExtensionName] {
        guard let place = place(name) else { return [] }
        var affected = [place]
        var isAffected = [Bool](repeating: false, count: members.count)
        isAffected[place] = true
        var head = 0
        while head < affected.count {
            for edge in usedBy[affected[head]] where !edge.isOptional && !isAffected[edge.place] {
                isAffected[edge.place] = true
                affected.append(edge.place)
            }
            head += 1
        }
        var sorter = DependencySorter(self, affected)
        return sorter.sorted().reversed().lazy.map { members[$0] }.filter(\.isActive).map(\.name)
    }

    private func acyclic(_ places: [Int]) throws(HeddleError) -> [Int] {
        var sorter = DependencySorter(self, places)
        let sorted = sorter.sorted()
        guard sorter.cycle.isEmpty else {
            let way = DependencyProblem.text(way: sorter.cycle.map { members[$0].name })
            throw HeddleError(
                .dependencyCycle,
                "extensions that need each other cannot be started: \(way.clipped(500))",
                details: ["cycle": way]
            )
        }
        return sorted
    }
}
