import JSON

/// The tables of a program that every verdict reads.
///
/// They lie still until the program goes, so that a verdict takes their addresses without counting a reference to each; their
/// elements hold none either.
struct SchemaTables: @unchecked Sendable {
    let nodes: UnsafeBufferPointer<SchemaNode>
    let lists: UnsafeBufferPointer<Int32>
    let properties: UnsafeBufferPointer<SchemaProgram.Property>
    /// What the names of properties and the plain constants are compared with.
    let nameBytes: UnsafeBufferPointer<UInt8>
    /// For each constant that is a plain string, its bytes among the names, quotes included; a count of -1 for a string with
    /// escapes, of 0 for another value.
    let constantTexts: UnsafeBufferPointer<SchemaNode.Run>

    init(_ compiler: SchemaCompiler) {
        nodes = Self.copy(compiler.nodes)
        lists = Self.copy(compiler.lists)
        properties = Self.copy(compiler.properties)
        var bytes = compiler.nameBytes
        let texts = compiler.constants.map { constant in
            guard constant.kind == .string else { return SchemaNode.Run() }
            guard !constant.isEscaped else { return SchemaNode.Run(start: 0, count: -1) }
            defer { bytes += constant.bytes }
            return SchemaNode.Run(start: Int32(bytes.count), count: Int32(constant.bytes.count))
        }
        constantTexts = Self.copy(texts)
        nameBytes = Self.copy(bytes)
    }

    private static func copy<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafeBufferPointer<Element> {
        let copy = UnsafeMutableBufferPointer<Element>.allocate(capacity: elements.count)
        _ = copy.initialize(from: elements)
        return UnsafeBufferPointer(copy)
    }

    /// Called once, by the program that owns them.
    func deallocate() {
        nodes.deallocate()
        lists.deallocate()
        properties.deallocate()
        nameBytes.deallocate()
        constantTexts.deallocate()
    }

    func name(_ property: SchemaProgram.Property) -> String {
        let range = Int(property.start)..<Int(property.start + property.length)
        return String(decoding: UnsafeBufferPointer(rebasing: nameBytes[range]), as: UTF8.self)
    }
}
