/// The tree of what an archive has named so far: no path twice, and no more than the limits.
///
/// Names that differ only in the case of ASCII letters count as the same, since a disk may keep them as one.
struct ArchiveLedger {
    private struct Place: Hashable {
        var parent: Int
        /// With its ASCII letters in lower case.
        var name: [UInt8]
    }

    private struct Node {
        /// The name as it was written first.
        var name: String
        /// What files and folders in it have as their parent; nil for a file.
        var folder: Int?
        /// Whether an entry of its own stands for the folder.
        var isNamed: Bool
    }

    private static let top = 0

    private let limits: ArchiveLimits
    private var nodes: [Place: Node] = [:]
    private var topIsNamed = false
    private var topNames: [String] = []
    /// The folder of the entry before, since most archives list one folder after the other.
    private var lastFolder: (names: [String], id: Int) = ([], top)
    private var files = 0
    private var folders = 0
    private var bytes = 0

    init(_ limits: ArchiveLimits) { self.limits = limits }

    /// What has been added.
    var contents: ArchiveContents {
        ArchiveContents(files: files, folders: folders, bytes: bytes, commonRoot: commonRoot)
    }

    private var commonRoot: String? {
        guard topNames.count == 1, let name = topNames.first,
            nodes[Place(parent: Self.top, name: Self.folded(name))]?.folder != nil
        else { return nil }
        return name
    }

    /// Adds a folder; the number of leading names of its path whose folders were there before.
    ///
    /// - Throws: ``ArchiveError/Reason/duplicatePath`` or ``ArchiveError/Reason/tooManyEntries``.
    mutating func addFolder(_ path: ArchivePath, entry: [UInt8]) throws(ArchiveError) -> Int {
        guard let name = path.names.last else {
            if topIsNamed { throw ArchiveError(.duplicatePath, entry: entry, "is there twice") }
            topIsNamed = true
            return 0
        }
        let (parent, known) = try open(path.names.dropLast(), entry: entry)
        let place = Place(parent: parent, name: Self.folded(name))
        guard let node = nodes[place] else {
            _ = try insertFolder(name, at: place, isNamed: true, entry: entry)
            return known
        }
        guard Self.isSame(node.name, name), node.folder != nil, !node.isNamed else {
            throw Self.conflict(node, name, entry)
        }
        nodes[place]?.isNamed = true
        return path.names.count
    }

    /// Adds a file; the number of leading names of its path whose folders were there before.
    ///
    /// - Throws: ``ArchiveError/Reason/duplicatePath``, ``ArchiveError/Reason/tooManyEntries``,
    ///   ``ArchiveError/Reason/tooLarge``, or ``ArchiveError/Reason/unsafePath`` for the top folder.
    mutating func addFile(_ path: ArchivePath, size: Int, entry: [UInt8]) throws(ArchiveError) -> Int {
        guard let name = path.names.last else {
            throw ArchiveError(.unsafePath, entry: entry, "is a file in place of the folder itself")
        }
        guard size <= limits.entryBytes else {
            throw ArchiveError(.tooLarge, entry: entry, "is larger than \(limits.entryBytes) bytes")
        }
        guard size <= limits.unpackedBytes - bytes else {
            throw ArchiveError(.tooLarge, entry: entry, "brings the files to more than \(limits.unpackedBytes) bytes")
        }
        let (parent, known) = try open(path.names.dropLast(), entry: entry)
        let place = Place(parent: parent, name: Self.folded(name))
        if let node = nodes[place] { throw Self.conflict(node, name, entry) }
        try insert(Node(name: name, folder: nil, isNamed: true), at: place, entry: entry)
        files += 1
        bytes += size
        return known
    }

    /// Finds or adds the folders of a path.
    private mutating func open(
        _ names: ArraySlice<String>,
        entry: [UInt8]
    ) throws(ArchiveError) -> (id: Int, known: Int) {
        if lastFolder.names.elementsEqual(names, by: Self.isSame) { return (lastFolder.id, names.count) }
        var id = Self.top
        var known = 0
        for name in names {
            let place = Place(parent: id, name: Self.folded(name))
            guard let node = nodes[place] else {
                id = try insertFolder(name, at: place, isNamed: false, entry: entry)
                continue
            }
            guard Self.isSame(node.name, name), let folder = node.folder else { throw Self.conflict(node, name, entry) }
            id = folder
            known += 1
        }
        lastFolder = (Array(names), id)
        return (id, known)
    }

    private mutating func insertFolder(
        _ name: String,
        at place: Place,
        isNamed: Bool,
        entry: [UInt8]
    ) throws(ArchiveError) -> Int {
        let id = folders + 1
        try insert(Node(name: name, folder: id, isNamed: isNamed), at: place, entry: entry)
        folders = id
        return id
    }

    private mutating func insert(_ node: Node, at place: Place, entry: [UInt8]) throws(ArchiveError) {
        guard nodes.count < limits.entries else {
            throw ArchiveError(.tooManyEntries, entry: entry, "comes after \(limits.entries) files and folders")
        }
        nodes[place] = node
        // Two are enough to know that there is no common one.
        if place.parent == Self.top, topNames.count < 2 { topNames.append(node.name) }
    }

    private static func conflict(_ node: Node, _ name: String, _ entry: [UInt8]) -> ArchiveError {
        guard isSame(node.name, name) else {
            let other = ShownName.text(Array(node.name.utf8))
            return ArchiveError(.duplicatePath, entry: entry, "differs from \"\(other)\" in the case of letters only")
        }
        return ArchiveError(.duplicatePath, entry: entry, "wants the place of a file or folder that is there already")
    }

    /// Byte by byte; strings alone would take two spellings of an accented letter for one.
    private static func isSame(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }

    private static func folded(_ name: String) -> [UInt8] {
        name.utf8.map { $0 &- UInt8(ascii: "A") < 26 ? $0 | 0x20 : $0 }
    }
}
