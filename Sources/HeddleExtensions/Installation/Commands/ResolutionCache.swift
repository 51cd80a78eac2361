import Synchronization

/// Remembers what files said, for as long as they do not change.
final class ResolutionCache: Sendable {
    /// What identifies the content of a file well enough.
    private struct Key: Hashable {
        let path: String
        let changed: Int64
        let bytes: Int

        init?(_ path: String) {
            guard let file = HostFile(path) else { return nil }
            (self.path, changed, bytes) = (path, file.changed, file.bytes)
        }
    }

    private struct State {
        var images: [Key: ELFImage?] = [:]
        var shims: [Key: (target: String, at: ContinuousClock.Instant)] = [:]
        var libraries: [Key: (names: [String], paths: Set<String>, at: ContinuousClock.Instant)] = [:]
    }

    private static let maximumEntries = 1024
    /// What a shim selects can change without the shim itself changing.
    private static let shimValidity = Duration.seconds(60)
    /// A library can be put in the way of another without the program changing.
    private static let libraryValidity = Duration.seconds(5)

    private let state = Mutex(State())

    /// The tables of a program or library; nil when the file is none.
    func image(_ path: String) -> ELFImage? {
        guard let key = Key(path) else { return nil }
        if let known = state.withLock({ $0.images[key] }) { return known }
        let image = ELFImage(path: path)
        state.withLock { state in
            if state.images.count >= Self.maximumEntries { state.images.removeAll() }
            state.images[key] = .some(image)
        }
        return image
    }

    /// What the libraries of a program are, looked for unless that was done a moment ago.
    func libraries(of program: LinkTrail, search: () -> Set<String>) -> Set<String> {
        guard let key = Key(program.real) else { return search() }
        let known = state.withLock { $0.libraries[key] }
        if let known, known.names == program.names, known.at.duration(to: .now) < Self.libraryValidity {
            return known.paths
        }
        let paths = search()
        state.withLock { state in
            if state.libraries.count >= Self.maximumEntries { state.libraries.removeAll() }
            state.libraries[key] = (program.names, paths, .now)
        }
        return paths
    }

    /// The program that a shim was found to run, while it is still there.
    func target(ofShim path: String) -> String? {
        guard let key = Key(path), let known = state.withLock({ $0.shims[key] }) else { return nil }
        guard known.at.duration(to: .now) < Self.shimValidity, HostFile.isRegular(known.target) else { return nil }
        return known.target
    }

    /// Remembers the program that a shim runs.
    func remember(_ target: String, forShim path: String) {
        guard let key = Key(path) else { return }
        state.withLock { state in
            if state.shims.count >= Self.maximumEntries { state.shims.removeAll() }
            state.shims[key] = (target, .now)
        }
    }
}
