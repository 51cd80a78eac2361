/// Follows what a program asks of the dynamic loader, outside the system's own folders.
struct LibrarySearch {
    /// More libraries than this are taken for a mistake.
    private static let maximumImages = 512
    private static let maximumFolders = 64

    let rules: GrantRules
    let cache: ResolutionCache
    private(set) var paths: Set<String> = []
    private var seen: Set<String> = []

    init(rules: GrantRules, cache: ResolutionCache) {
        self.rules = rules
        self.cache = cache
    }

    /// Adds the loader and the library folders of a program that may be reached under several names.
    mutating func add(_ program: LinkTrail) {
        var queue = [(trail: program, inherited: [String]())]
        while let (trail, inherited) = queue.popLast() {
            guard seen.count < Self.maximumImages, seen.insert(trail.real).inserted,
                let image = cache.image(trail.real)
            else { continue }
            if let interpreter = image.interpreter, let trail = LinkTrail(interpreter) { paths.formUnion(trail.names) }
            // `$ORIGIN` follows the name that was run, so that each name's neighbourhood counts.
            let origins = Set(trail.names.map(HostPath.parent)).sorted()
            var known: Set<String> = []
            let folders = (image.searchPaths.flatMap { Self.expanded($0, origins: origins) } + inherited)
                .filter { known.insert($0).inserted }.prefix(Self.maximumFolders)
            for folder in folders where HostFile.isFolder(folder) {
                let found = image.needed.compactMap { LinkTrail(folder + "/" + $0) }
                guard !found.isEmpty else { continue }
                // A folder that may not be granted whole gives up only the libraries themselves.
                if rules.isTooBroad(folder) { paths.formUnion(found.flatMap(\.names)) } else { paths.insert(folder) }
                for library in found where !HostPath.isInside(library.real, folder) { paths.formUnion(library.names) }
                queue += found.filter { !seen.contains($0.real) }.map { ($0, Array(folders)) }
            }
        }
    }

    private static func expanded(_ text: String, origins: [String]) -> [String] {
        let names = ["$ORIGIN", "${ORIGIN}"]
        guard let name = names.first(where: text.hasPrefix) else {
            return text.hasPrefix("/") ? [HostPath.normalised(text)] : []
        }
        return origins.map { HostPath.normalised($0 + "/" + text.dropFirst(name.count)) }
    }
}
