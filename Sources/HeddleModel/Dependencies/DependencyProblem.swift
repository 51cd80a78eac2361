/// One reason why an extension cannot be what it is asked to be beside the others.
package enum DependencyProblem: Sendable, Hashable {
    /// What it needs is not there; `index` counts its dependencies.
    case missing(ExtensionDependency, index: Int)
    /// What it needs, or could use, is there in a version that does not fit.
    case unsuitable(ExtensionDependency, index: Int, found: SemanticVersion)
    /// Another extension works with the one that is replaced, and not with this version.
    case breaks(dependant: ExtensionName, ExtensionDependency, version: SemanticVersion)
    /// It needs itself on a way over others; the name that the way starts with also ends it.
    case cycle([ExtensionName], index: Int)
}

extension DependencyProblem {
    private static let mostViolations = 100
    private static let mostNames = 40

    /// The problem with its place in the manifest whose `dependencies` are a list.
    var violation: HeddleError.Violation {
        switch self {
        case .missing(let dependency, let index):
            let what =
                dependency.kind == .peer
                ? "which has to be registered before it" : "which is not registered"
            return Self.violation(index, "missing", "needs \(Self.text(dependency)), \(what)")
        case .unsuitable(let dependency, let index, let found):
            let verb = dependency.isOptional ? "only works with" : "needs"
            return Self.violation(index, "version", "\(verb) \(Self.text(dependency)), but \(found) is registered")
        case .breaks(let dependant, let dependency, let version):
            return HeddleError.Violation(
                path: "/version",
                keyword: "dependant",
                message: "\(version) does not fit '\(dependant)', which needs \(Self.text(dependency))"
            )
        case .cycle(let names, let index):
            return Self.violation(index, "cycle", "leads back to where it started: \(Self.text(way: names))")
        }
    }

    private static func violation(_ index: Int, _ keyword: String, _ message: String) -> HeddleError.Violation {
        HeddleError.Violation(path: "/dependencies/\(index)", keyword: keyword, message: message)
    }

    private static func text(_ dependency: ExtensionDependency) -> String {
        let range = dependency.range.text
        return "'\(dependency.name)'\(range.isEmpty ? "" : " \(range.clipped(100))")"
    }

    /// `a → b → a`; the middle of a way that nobody would read is counted.
    static func text(way names: [ExtensionName]) -> String {
        var shown = names.map(\.rawValue)
        if shown.count > mostNames {
            let left = mostNames / 2
            shown.replaceSubrange(
                left..<(shown.count - left),
                with: CollectionOfOne("\(names.count - 2 * left) others")
            )
        }
        return shown.joined(separator: " → ")
    }

    /// Names in one text, the many of them counted.
    static func text(names: [ExtensionName]) -> String {
        let shown = names.prefix(mostNames).map(\.rawValue).joined(separator: ", ")
        return names.count > mostNames ? "\(shown) and \(names.count - mostNames) others" : shown
    }

    /// The error that tells all problems of an extension.
    ///
    /// Its details name the extensions by what is wrong: `missing`, `unsuitable`, `dependants` and `cycle`.
    package static func error(_ problems: [DependencyProblem], of name: ExtensionName) -> HeddleError {
        var found: [(key: String, name: ExtensionName)] = []
        var details = ["name": name.rawValue]
        var isCyclic = false
        for problem in problems {
            switch problem {
            case .missing(let dependency, _): found.append(("missing", dependency.name))
            case .unsuitable(let dependency, _, _): found.append(("unsuitable", dependency.name))
            case .breaks(let dependant, _, _): found.append(("dependants", dependant))
            case .cycle(let names, _):
                if !isCyclic { details["cycle"] = text(way: names) }
                isCyclic = true
            }
        }
        for (key, entries) in Dictionary(grouping: found, by: \.key) {
            details[key] = text(names: entries.map(\.name))
        }
        if problems.count > mostViolations { details["problems"] = String(problems.count) }
        return HeddleError(
            found.isEmpty && isCyclic ? .dependencyCycle : .dependencyUnsatisfied,
            "'\(name)' does not go together with the other extensions",
            details: details,
            breaking: problems.prefix(mostViolations).map(\.violation)
        )
    }
}
