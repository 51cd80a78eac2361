import Foundation
import Glibc
package import HeddleModel

extension VectorCollection {
    /// Makes a collection in a new folder.
    ///
    /// - Parameters:
    ///   - folder: Where its files go; it must not be there yet.
    ///   - settings: What it is made with.
    ///   - options: How it works.
    /// - Returns: The collection, ready.
    /// - Throws: ``HeddleError`` with `.invalidRequest`, `.collectionExists` when the folder is there, `.storageFull`.
    package static func create(
        folder: String,
        settings: VectorSettings,
        options: Options = Options()
    ) throws(HeddleError) -> VectorCollection {
        try settings.validate()
        // Under another name until it is whole: a folder without a manifest would be in the way for ever.
        let draft = folder + ".new"
        guard access(folder, F_OK) != 0 else {
            throw HeddleError(.collectionExists, "there is a collection of that name already")
        }
        removeFolder(draft)
        guard mkdir(draft, 0o700) == 0 else { throw FileAccess.failure("mkdir", draft, errno) }
        let manifest = CollectionManifest(settings: settings, seed: .random(in: .min ... .max))
        try OutputFile("\(draft)/\(manifest.log)", options.files).sync()
        try manifest.write(folder: draft, options.files)
        try options.files.rename(draft, folder)
        try options.files.sync(directory: "\(folder)/..")
        return try open(folder: folder, options: options)
    }

    /// Opens a collection, with all that was acknowledged before it was closed or its process ended.
    ///
    /// - Parameters:
    ///   - folder: Where its files are.
    ///   - options: How it works.
    /// - Returns: The collection, ready to be searched; what is not linked yet is looked through meanwhile.
    /// - Throws: ``HeddleError`` with `.collectionNotFound`, `.collectionDamaged` when its manifest is.
    package static func open(folder: String, options: Options = Options()) throws(HeddleError) -> VectorCollection {
        var manifest = try CollectionManifest(folder: folder)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        manifest.nextFile = max(manifest.nextFile, (names.compactMap(number).max() ?? 0) + 1)
        let content = try loadContent(folder, &manifest)
        let (logs, log) = try openLogs(folder, manifest, names, options.files)
        let collection = VectorCollection(
            folder: folder,
            options: options,
            manifest: manifest,
            content: content,
            log: log,
            sequence: 0
        )
        try collection.replay(logs)
        collection.removeStrangers()
        try collection.start()
        return collection
    }

    /// The logs that are to be read again, in order, and the one that is gone on with.
    private static func openLogs(
        _ folder: String,
        _ manifest: CollectionManifest,
        _ names: [String],
        _ access: FileAccess
    ) throws(HeddleError) -> ([String], OutputFile) {
        let first = number(of: manifest.log) ?? 0
        let logs = names.filter { $0.hasPrefix("log-") && number(of: $0) ?? -1 >= first }
            .sorted { number(of: $0) ?? 0 < number(of: $1) ?? 0 }
        guard let last = logs.last else {
            return ([], try OutputFile("\(folder)/\(manifest.log)", access))
        }
        let reader = LogReader(path: "\(folder)/\(last)", vectorBytes: manifest.settings.vectorBytes)
        let outcome = try reader.read { _, _ in }
        return (logs, try OutputFile("\(folder)/\(last)", access, appendingAt: outcome.length))
    }

    private func replay(_ logs: [String]) throws(HeddleError) {
        for name in logs {
            let reader = LogReader(path: "\(folder)/\(name)", vectorBytes: settings.vectorBytes)
            let outcome = try reader.read { _, record throws(HeddleError) in _ = try apply(record) }
            writerSequence = max(writerSequence, outcome.lastSequence)
            manifest.damages += outcome.damages.map { "\(name): the record at byte \($0) is not what was written" }
        }
        keeper.change { state in
            state.files.damages = manifest.damages + manifest.rows.compactMap(\.damage)
            state.files.recalls = manifest.recalls
            state.files.segments = manifest.rows.count
            state.files.bytes = manifest.rows.reduce(0) { $0 + $1.bytes }
        }
    }

    private static func loadContent(
        _ folder: String,
        _ manifest: inout CollectionManifest
    ) throws(HeddleError) -> CollectionContent {
        var content = CollectionContent(ids: IDTable(seed: manifest.seed), fields: FieldIndexes(manifest.settings))
        for index in manifest.rows.indices where manifest.rows[index].damage == nil {
            let rows = manifest.rows[index]
            do throws(HeddleError) {
                content.blocks.append(
                    try RowBlock(
                        try CheckedFile("\(folder)/\(rows.file)"),
                        base: UInt32(rows.base),
                        count: rows.count,
                        vectorBytes: manifest.settings.vectorBytes
                    )
                )
            } catch {
                guard error.code == .collectionDamaged else { throw error }
                manifest.rows[index].damage = error.message
                keepDamaged(folder, rows.file)
            }
        }
        content.count = UInt32(manifest.slots)
        try loadState(folder, &manifest, &content)
        for rows in manifest.rows where rows.damage != nil {
            for slot in rows.base..<rows.base + rows.count { content.alive.remove(UInt32(slot)) }
            content.ids.removeAll { Int($0) >= rows.base && Int($0) < rows.base + rows.count }
        }
        content.aliveCount = content.alive.count
        loadGraph(folder, &manifest, &content)
        return content
    }

    private static func loadState(
        _ folder: String,
        _ manifest: inout CollectionManifest,
        _ content: inout CollectionContent
    ) throws(HeddleError) {
        guard let name = manifest.state else { return }
        let paths = manifest.settings.fields.keys.sorted()
        let words = (manifest.slots + 63) / 64
        let file: CheckedFile?
        do throws(HeddleError) {
            file = try CheckedFile("\(folder)/\(name)")
        } catch {
            guard error.code == .collectionDamaged else { throw error }
            file = nil
        }
        if let file, let section = [0, 1].first(where: { file.isIntact(section: $0) }) {
            content.alive = SlotBits(words: numbers(file.section(section)))
        } else {
            content.alive = SlotBits(all: manifest.slots)
            manifest.damages.append("\(name): what was deleted is not known; deleted points may be back")
        }
        content.alive.extend(to: words * 64)
        if let file, file.isIntact(section: 2) {
            content.ids = IDTable(seed: manifest.seed, entries: numbers(file.section(2)))
        } else {
            manifest.damages.append("\(name): the ids were read from the rows again")
            rebuildIDs(&content)
        }
        var byPath: [String: FieldIndex] = [:]
        for (index, path) in paths.enumerated() {
            guard let kind = manifest.settings.fields[path], let file, file.isIntact(section: 3 + index) else {
                continue
            }
            byPath[path] = FieldIndex(kind: kind, encoded: file.section(3 + index))
        }
        if byPath.count == paths.count {
            content.fields = FieldIndexes(byPath: byPath)
        } else {
            manifest.damages.append("\(name): the fields were read from the rows again")
            let blocks = content.blocks
            for block in blocks {
                for slot in block.base..<block.end {
                    block.withRow(slot) { _, payload in content.fields.add(slot, payload: payload) }
                }
            }
        }
    }

    private static func rebuildIDs(_ content: inout CollectionContent) {
        let finder = RowFinder(content.blocks)
        var ids = IDTable(seed: content.ids.seed)
        var alive = content.alive
        content.alive.visit { slot in
            finder.block(slot)?
                .withRow(slot) { id, _ in
                    if let old = ids.update(ids.hash(id), slot: slot, { finder.has(id, at: $0) }) { alive.remove(old) }
                }
        }
        content.ids = ids
        content.alive = alive
    }

    private static func loadGraph(
        _ folder: String,
        _ manifest: inout CollectionManifest,
        _ content: inout CollectionContent
    ) {
        guard let name = manifest.graph, let scale = manifest.scale else { return }
        let settings = manifest.settings
        do {
            let graph = try VectorGraph(
                settings,
                try CheckedFile("\(folder)/\(name)"),
                slots: manifest.graphSlots,
                linked: manifest.graphLinked,
                scale: scale,
                shift: manifest.shift
            )
            var numbers: [Float] = []
            for block in content.blocks where Int(block.end) > manifest.graphSlots {
                for slot in max(block.base, UInt32(manifest.graphSlots))..<block.end {
                    settings.readNumbers(block.vector(slot), into: &numbers)
                    graph.encode(slot, numbers)
                }
            }
            content.graph = graph
        } catch {
            // Links can be made again from the rows.
            manifest.damages.append("\(name): the links are made again")
            manifest.graph = nil
            manifest.graphSlots = 0
            manifest.graphLinked = 0
        }
    }

    private static func numbers<Number: FixedWidthInteger>(_ bytes: UnsafeRawBufferPointer) -> [Number] {
        [Number](unsafeUninitializedCapacity: bytes.count / MemoryLayout<Number>.size) { buffer, count in
            count = buffer.count
            UnsafeMutableRawBufferPointer(buffer).copyBytes(from: bytes.prefix(count * MemoryLayout<Number>.size))
        }
    }

    /// Keeps a damaged file under another name, for whoever wants to look at it.
    static func keepDamaged(_ folder: String, _ file: String) {
        _ = Glibc.link("\(folder)/\(file)", "\(folder)/damaged.\(file)")
    }

    static func removeFolder(_ path: String) {
        try? FileManager.default.removeItem(atPath: path)
    }
}
