import Foundation
import Glibc
import HeddleModel

extension VectorCollection {
    /// What a checkpoint writes: the collection between two writes.
    struct Freeze: Sendable {
        // Blocks and graph are not changed any more below `count`, but for links, which only this thread makes.
        let content: CollectionContent
        let log: String
    }

    /// The name of a new file.
    func newFile(_ kind: String) -> String {
        defer { manifest.nextFile += 1 }
        return "\(kind)-\(manifest.nextFile)"
    }

    /// Begins a new log, and returns what all logs before it made of the collection.
    func freeze() throws(HeddleError) -> Freeze {
        let name = newFile("log")
        let path = "\(folder)/\(name)"
        let file = UncheckedBox(try OutputFile(path, options.files))
        try options.files.sync(directory: folder)
        return try onWriter { () throws(HeddleError) in
            if let failure = self.writerFailure { throw failure }
            let block = try self.newBlock(at: self.content.count)
            self.log = file.value
            self.lock.write {
                if let last = self.content.blocks.last, last.file == nil, last.count == 0 {
                    self.content.blocks.removeLast()
                }
                self.content.blocks.append(block)
            }
            var frozen = self.content
            frozen.blocks.removeLast()
            return Freeze(content: frozen, log: name)
        }
    }

    /// Writes what is in memory only, so that the log can begin anew.
    func writeCheckpoint() throws(HeddleError) {
        let frozen = try freeze()
        let content = frozen.content
        let fresh = content.blocks.filter { $0.file == nil && $0.count > 0 }
        var next = manifest
        var block: RowBlock?
        if let first = fresh.first {
            let name = newFile("rows")
            let rows = fresh.flatMap { block in (block.base..<block.end).map { (block, $0) } }
            let (bytes, count) = try RowBlock.write(rows, to: "\(folder)/\(name)", options.files)
            block = try RowBlock(
                try CheckedFile("\(folder)/\(name)"),
                base: first.base,
                count: count,
                vectorBytes: settings.vectorBytes
            )
            next.rows.append(.init(file: name, base: Int(first.base), count: count, bytes: bytes, damage: nil))
        }
        if let graph = content.graph, needsGraphFile(graph, content) {
            let name = newFile("graph")
            try graph.write(to: "\(folder)/\(name)", slots: Int(content.count), options.files)
            next.graph = name
            next.graphSlots = Int(content.count)
            next.graphLinked = Int(graph.linked)
        }
        next.state = try writeState(content)
        next.slots = Int(content.count)
        next.log = frozen.log
        try adopt(&next)
        guard let block else { return }
        let replaced = fresh.map(\.base)
        try onWriter { () throws(HeddleError) in
            self.lock.write {
                self.content.blocks.removeAll { $0.file == nil && replaced.contains($0.base) && $0.count > 0 }
                let place = self.content.blocks.firstIndex { $0.base >= block.end } ?? self.content.blocks.count
                self.content.blocks.insert(block, at: place)
            }
        }
        keeper.change { $0.mayMerge = true }
    }

    /// Links are many bytes: their file is written again when a twentieth of them is new.
    private func needsGraphFile(_ graph: VectorGraph, _ content: CollectionContent) -> Bool {
        guard manifest.graph != nil else { return graph.linked > 0 }
        return Int(graph.linked) - manifest.graphLinked > max(10_000, manifest.graphLinked / 20)
    }

    /// Writes live slots, ids and fields, and returns the name of the file.
    func writeState(_ content: CollectionContent) throws(HeddleError) -> String {
        let name = newFile("state")
        let file = try CheckedFileWriter("\(folder)/\(name)", options.files)
        // Twice: without them nobody could tell what was deleted.
        for _ in 0..<2 {
            try file.beginSection()
            try file.write(values: content.alive.words)
        }
        try file.beginSection()
        try file.write(values: content.ids.entries)
        for (_, index) in content.fields.byPath.sorted(by: { $0.key < $1.key }) {
            try file.beginSection()
            try file.write(index.encoded)
        }
        _ = try file.finish()
        return name
    }

    /// Makes a manifest the collection's, and removes what it does not speak of.
    func adopt(_ next: inout CollectionManifest) throws(HeddleError) {
        next.nextFile = manifest.nextFile
        next.recalls = manifest.recalls
        try options.files.sync(directory: folder)
        try next.write(folder: folder, options.files)
        manifest = next
        removeStrangers()
    }

    /// Removes files that neither the manifest nor the log of now needs; what cannot be removed stays for the next time.
    func removeStrangers() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let first = Self.number(of: manifest.log)
        for name in names {
            guard let kind = name.split(separator: "-").first, let number = Self.number(of: name) else { continue }
            let isOld =
                switch kind {
                case "log": first.map { number < $0 } ?? false
                case "rows", "graph", "state": !manifest.files.contains(name)
                default: false
                }
            if isOld { try? options.files.remove("\(folder)/\(name)") }
        }
    }

    static func number(of file: String) -> Int? {
        file.split(separator: "-").last.flatMap { Int($0) }
    }

    /// Puts small files of rows together, so that there are few of them: each as large as all behind it at least.
    func mergeRows() throws(HeddleError) {
        keeper.change { $0.mayMerge = false }
        var sizes = 0
        var first = manifest.rows.count
        for (index, rows) in manifest.rows.enumerated().reversed() {
            guard rows.damage == nil else { break }
            guard first - index == 1 || rows.bytes <= sizes * 2 else { break }
            first = index
            sizes += rows.bytes
        }
        let group = manifest.rows[first...]
        guard group.count >= 4, let base = group.first?.base else { return }
        let blocks = lock.read { content.blocks.filter { $0.file != nil && Int($0.base) >= base } }
        let rows = blocks.lazy.flatMap { block in (block.base..<block.end).lazy.map { (block, $0) } }
        let name = newFile("rows")
        let (bytes, count) = try RowBlock.write(rows, to: "\(folder)/\(name)", options.files)
        let merged = try RowBlock(
            try CheckedFile("\(folder)/\(name)"),
            base: UInt32(base),
            count: count,
            vectorBytes: settings.vectorBytes
        )
        var next = manifest
        next.rows.removeSubrange(first...)
        next.rows.append(.init(file: name, base: base, count: count, bytes: bytes, damage: nil))
        try adopt(&next)
        let bases = Set(blocks.map(\.base))
        try onWriter { () throws(HeddleError) in
            self.lock.write {
                self.content.blocks.removeAll { $0.file != nil && bases.contains($0.base) }
                let place = self.content.blocks.firstIndex { $0.base >= merged.end } ?? self.content.blocks.count
                self.content.blocks.insert(merged, at: place)
            }
        }
    }

    /// Writes a copy of the collection as it is now into a new folder.
    func writeSnapshot(to target: String) throws(HeddleError) {
        try writeCheckpoint()
        guard mkdir(target, 0o700) == 0 else {
            guard errno == EEXIST else { throw FileAccess.failure("mkdir", target, errno) }
            throw HeddleError(.invalidRequest, "the folder of a snapshot must not be there yet")
        }
        for name in manifest.files where Glibc.link("\(folder)/\(name)", "\(target)/\(name)") != 0 {
            do {
                try FileManager.default.copyItem(atPath: "\(folder)/\(name)", toPath: "\(target)/\(name)")
            } catch {
                throw HeddleError(.internalError, "a file of the snapshot could not be copied", cause: error)
            }
        }
        var copy = manifest
        copy.log = newFile("log")
        copy.nextFile = manifest.nextFile
        try OutputFile("\(target)/\(copy.log)", options.files).sync()
        try copy.write(folder: target, options.files)
    }
}

/// Carries what cannot be sent to a thread that is the only one to use it from then on.
struct UncheckedBox<Value>: @unchecked Sendable {
    // Whoever makes the box lets go of the value.
    let value: Value

    init(_ value: Value) {
        self.value = value
    }
}
