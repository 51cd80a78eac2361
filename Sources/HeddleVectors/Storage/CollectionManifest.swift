import Foundation
import HeddleModel
import JSON

/// What a collection consists of on disk; one file that is replaced as a whole.
struct CollectionManifest: Sendable, Equatable {
    /// A file of rows.
    struct Rows: Sendable, Equatable {
        let file: String
        let base: Int
        let count: Int
        let bytes: Int
        /// Why its rows are left out.
        var damage: String?
    }

    static let name = "manifest"

    var settings: VectorSettings
    /// What the hashes of ids are made with.
    var seed: UInt64
    /// The number that the next file gets.
    var nextFile = 1
    var rows: [Rows] = []
    /// Slots that the files of rows have.
    var slots = 0
    /// The file of links and codes, and how many slots it has and has linked.
    var graph: String?
    var graphSlots = 0
    var graphLinked = 0
    /// The range of codes, once it was learnt.
    var scale: Float?
    var shift: Float = 0
    /// The file of live slots, ids and fields.
    var state: String?
    /// The first log whose records are not in the files.
    var log = "log-0"
    /// Places that were found damaged and that no file of rows stands for.
    var damages: [String] = []
    /// The recall that each `ef` reached when it was measured, in thousandths.
    var recalls: [Int: Int] = [:]

    init(settings: VectorSettings, seed: UInt64) {
        self.settings = settings
        self.seed = seed
    }

    /// Reads the manifest of a folder.
    ///
    /// - Throws: ``HeddleError`` with `.collectionNotFound` when there is none, `.collectionDamaged` when it is not what
    ///   was written.
    init(folder: String) throws(HeddleError) {
        let path = "\(folder)/\(Self.name)"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw HeddleError(.collectionNotFound, "there is no such collection")
        }
        let bytes = [UInt8](data)
        guard let line = bytes.firstIndex(of: UInt8(ascii: "\n")),
            let checksum = UInt32(String(decoding: bytes[..<line], as: UTF8.self), radix: 16),
            checksum == Checksum.of(Array(bytes[(line + 1)...])),
            let value = try? JSONValue(parsing: Array(bytes[(line + 1)...])),
            let manifest = Self(value)
        else { throw CheckedFile.damaged(path, "its checksum is another one") }
        self = manifest
    }

    /// Replaces the manifest of a folder; a crash leaves the old one or this.
    func write(folder: String, _ access: FileAccess) throws(HeddleError) {
        let text = value.bytes
        let path = "\(folder)/\(Self.name)"
        let draft = "\(path).new"
        let file = try OutputFile(draft, access)
        try file.write(Array((String(Checksum.of(text), radix: 16) + "\n").utf8) + text)
        try file.sync()
        try access.rename(draft, path)
        try access.sync(directory: folder)
    }

    /// All files that the manifest speaks of, but logs.
    var files: Set<String> { Set(rows.map(\.file) + [graph, state].compactMap(\.self)) }
}

extension CollectionManifest {
    private var value: JSONValue {
        let rows = rows.map { rows -> JSONValue in
            [
                "file": .string(rows.file), "base": .integer(rows.base), "count": .integer(rows.count),
                "bytes": .integer(rows.bytes), "damage": rows.damage.map(JSONValue.string) ?? .null,
            ]
        }
        return [
            "format": 1, "settings": settings.json, "seed": .string(String(seed)), "next_file": .integer(nextFile),
            "rows": .array(rows), "slots": .integer(slots), "graph": graph.map(JSONValue.string) ?? .null,
            "graph_slots": .integer(graphSlots), "graph_linked": .integer(graphLinked),
            "scale": scale.map { .integer(Int($0.bitPattern)) } ?? .null, "shift": .integer(Int(shift.bitPattern)),
            "state": state.map(JSONValue.string) ?? .null, "log": .string(log),
            "damages": .array(damages.map(JSONValue.string)),
            "recalls": .object(
                JSONObject(
                    members: recalls.sorted { $0.key < $1.key }.map { .init(name: String($0), value: .integer($1)) }
                )
            ),
        ]
    }

    private init?(_ value: JSONValue) {
        guard value["format"]?.integer == 1, let settingsValue = value["settings"],
            let settings = try? VectorSettings(json: settingsValue),
            let seed = value["seed"]?.string.flatMap(UInt64.init),
            let nextFile = value["next_file"]?.integer, let rows = value["rows"]?.array,
            let slots = value["slots"]?.integer, let graphSlots = value["graph_slots"]?.integer,
            let graphLinked = value["graph_linked"]?.integer, let log = value["log"]?.string
        else { return nil }
        self.init(settings: settings, seed: seed)
        self.nextFile = nextFile
        self.slots = slots
        self.graphSlots = graphSlots
        self.graphLinked = graphLinked
        self.log = log
        graph = value["graph"]?.string
        state = value["state"]?.string
        scale = value["scale"]?.integer.map { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) }
        shift = Float(bitPattern: UInt32(truncatingIfNeeded: value["shift"]?.integer ?? 0))
        damages = value["damages"]?.array?.compactMap(\.string) ?? []
        for member in value["recalls"]?.object?.members ?? [] {
            if let ef = Int(member.name) { recalls[ef] = member.value.integer }
        }
        for row in rows {
            guard let file = row["file"]?.string, let base = row["base"]?.integer, let count = row["count"]?.integer,
                let bytes = row["bytes"]?.integer
            else { return nil }
            self.rows.append(
                Rows(file: file, base: base, count: count, bytes: bytes, damage: row["damage"]?.string)
            )
        }
    }
}
