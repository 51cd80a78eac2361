import HeddleModel
import Logging

extension VectorCollection {
    /// Reads the next pieces of the collection's files, and leaves out what is damaged.
    func scrubSome(_ count: Int) throws(HeddleError) {
        guard let start = keeper.change({ $0.scrub }) else { return }
        var skipped = 0
        var left = count
        for block in lock.read({ content.blocks }) {
            guard let file = block.file else { continue }
            try scrub(file, start - skipped, &left) { chunk throws(HeddleError) in try leaveOut(chunk, of: block, file)
            }
            skipped += file.chunkCount
        }
        if let name = manifest.graph {
            let file = try? CheckedFile("\(folder)/\(name)")
            if file == nil { try leaveOutGraph(name) }
            if let file {
                try scrub(file, start - skipped, &left) { _ throws(HeddleError) in try leaveOutGraph(name) }
                skipped += file.chunkCount
            }
        }
        let isDone = left > 0
        keeper.change { $0.scrub = isDone ? nil : start + count }
    }

    /// Reads those pieces of a file that come next.
    private func scrub(
        _ file: CheckedFile,
        _ start: Int,
        _ left: inout Int,
        _ found: (Int) throws(HeddleError) -> Void
    ) throws(HeddleError) {
        var chunk = max(0, start)
        while chunk < file.chunkCount, left > 0 {
            if file.damage(in: chunk..<chunk + 1) != nil { try found(chunk) }
            chunk += 1
            left -= 1
        }
    }

    /// Makes the rows dead that a damaged piece of their file has a part in.
    private func leaveOut(_ chunk: Int, of block: RowBlock, _ file: CheckedFile) throws(HeddleError) {
        let bytes = file.bytes(of: chunk)
        let slots = block.slots(touching: bytes)
        let name = String(file.path.split(separator: "/").last ?? "")
        let note =
            "\(name): bytes \(bytes.lowerBound)..<\(bytes.upperBound) are not what was written; \(slots.count) rows are left out"
        let count = try onWriter { () throws(HeddleError) in
            self.lock.write {
                var count = 0
                for slot in slots where self.content.alive[slot] {
                    self.content.alive.remove(slot)
                    self.content.aliveCount -= 1
                    count += 1
                }
                let gone = Set(slots)
                self.content.ids.removeAll { gone.contains($0) }
                self.content.version += 1
                return count
            }
        }
        guard count > 0 || !manifest.damages.contains(note) else { return }
        options.logger?.error("Rows of a collection are damaged", metadata: ["damage": "\(note)"])
        Self.keepDamaged(folder, name)
        manifest.damages.append(note)
        try writeCheckpoint()
    }

    /// Gives up links that are damaged; they are made again from the rows.
    private func leaveOutGraph(_ name: String) throws(HeddleError) {
        guard manifest.graph == name else { return }
        options.logger?.error("The links of a collection are damaged", metadata: ["file": "\(name)"])
        Self.keepDamaged(folder, name)
        manifest.damages.append("\(name): the links are made again")
        manifest.graph = nil
        manifest.graphSlots = 0
        manifest.graphLinked = 0
        try writeManifest()
        try onWriter { () throws(HeddleError) in
            self.lock.write { self.content.graph = nil }
        }
    }
}

extension RowBlock {
    /// The slots whose vector, record or offset has a part in some bytes of the block's file.
    func slots(touching bytes: Range<Int>) -> [UInt32] {
        guard let file else { return [] }
        let vectors = file.sections[0].lowerBound
        let offsets = file.sections[1].lowerBound
        let records = file.sections[2]
        // A damaged offset may lead anywhere: the rows on both sides of it are left out.
        return (base..<end)
            .filter { slot in
                let row = Int(slot - base)
                let vector = vectors + row * vectorBytes
                let offset = offsets + row * 8
                if bytes.overlaps(vector..<vector + vectorBytes) || bytes.overlaps(offset..<offset + 16) { return true }
                guard bytes.overlaps(records) else { return false }
                return bytes.overlaps(recordRange(slot, in: records))
            }
    }

    private func recordRange(_ slot: UInt32, in records: Range<Int>) -> Range<Int> {
        let row = Int(slot - base)
        guard let file else { return records }
        let offsets = file.section(1)
        let start = Int(truncatingIfNeeded: offsets.loadUnaligned(fromByteOffset: row * 8, as: UInt64.self))
        let end = Int(truncatingIfNeeded: offsets.loadUnaligned(fromByteOffset: row * 8 + 8, as: UInt64.self))
        guard start >= 0, start <= end, end <= records.count else { return records }
        return records.lowerBound + start..<records.lowerBound + end
    }
}
