import CHeddleKernels
import Glibc
import HeddleModel

extension VectorGraph {
    /// Writes the first slots to a file, which ``init(_:_:slots:linked:scale:shift:)`` maps.
    func write(to path: String, slots: Int, _ access: FileAccess) throws(HeddleError) {
        let sections = heddle_graph_get_sections(pointer)
        let file = try CheckedFileWriter(path, access)
        try file.beginSection()
        try file.write(UnsafeRawBufferPointer(start: sections.block, count: slots * sections.stride))
        try file.beginSection()
        if let squares = sections.squares {
            try file.write(UnsafeRawBufferPointer(start: squares, count: slots * 4))
        }
        try file.beginSection()
        try file.write(UnsafeRawBufferPointer(start: sections.upper_slots, count: Int(sections.upper_count) * 4))
        try file.beginSection()
        try file.write(UnsafeRawBufferPointer(start: sections.upper_offsets, count: Int(sections.upper_count) * 4))
        try file.beginSection()
        try file.write(UnsafeRawBufferPointer(start: sections.upper_words, count: Int(sections.upper_used) * 4))
        try file.beginSection()
        try file.write(values: [sections.entry, sections.top])
        _ = try file.finish()
    }

    /// A graph whose first slots are in a file; pages come from it as they are used, and changes stay in memory.
    convenience init(
        _ settings: VectorSettings,
        _ file: CheckedFile,
        slots: Int,
        linked: Int,
        scale: Float,
        shift: Float
    ) throws(HeddleError) {
        try self.init(settings, scale: scale, shift: shift, slots: slots)
        let own = heddle_graph_get_sections(pointer)
        let upper = file.section(2).count / 4
        let used = file.section(4).count / 4
        guard file.section(0).count == slots * own.stride, linked <= slots, file.section(5).count == 8,
            file.section(3).count == upper * 4, upper <= slots, used <= slots * 2 + 64 * 128 * 16,
            file.section(1).count == (own.squares == nil ? 0 : slots * 4)
        else { throw CheckedFile.damaged(file.path, "its sections do not fit to each other") }
        let arrays: [(UnsafeMutableRawPointer?, Int)] = [
            (UnsafeMutableRawPointer(own.block), 0), (UnsafeMutableRawPointer(own.squares), 1),
            (UnsafeMutableRawPointer(own.upper_slots), 2), (UnsafeMutableRawPointer(own.upper_offsets), 3),
            (UnsafeMutableRawPointer(own.upper_words), 4),
        ]
        for (array, index) in arrays {
            guard let array else { continue }
            let range = file.sections[index]
            let number = heddle_graph_map(array, file.file, range.lowerBound, range.count)
            guard number == 0 else { throw FileAccess.failure("mmap", file.path, number) }
        }
        let entry = file.section(5).loadUnaligned(as: UInt32.self)
        let top = file.section(5).loadUnaligned(fromByteOffset: 4, as: UInt32.self)
        heddle_graph_set_upper(pointer, UInt32(upper), UInt32(used), entry, top)
        self.linked = UInt32(linked)
    }
}
