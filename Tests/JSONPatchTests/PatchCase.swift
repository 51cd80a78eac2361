import JSON
import JSONPatch
import Testing

/// A document, a patch, and what comes of them.
struct PatchCase: Sendable, CustomTestStringConvertible {
    let name: String
    let document: String
    let patch: String
    /// The exact bytes of the result.
    var result = ""
    /// The kind of fault, where there is one, and the operation that has it.
    var fault: (kind: JSONPatchError.Kind, operation: Int?)?

    init(_ name: String, _ document: String, _ patch: String, _ result: String) {
        (self.name, self.document, self.patch, self.result) = (name, document, patch, result)
    }

    init(_ name: String, _ document: String, _ patch: String, _ kind: JSONPatchError.Kind, at operation: Int? = 0) {
        (self.name, self.document, self.patch, fault) = (name, document, patch, (kind, operation))
    }

    var testDescription: String { name }

    /// Applies a patch, and says what it was that came of it.
    static func apply(
        _ patch: String,
        to document: String,
        limits: JSONPatchLimits = JSONPatchLimits()
    ) throws -> String {
        let patch = try JSONPatch(parsing: Array(patch.utf8), limits: limits)
        let document = try JSONDocument(document)
        let before = document.bytes
        let bytes: [UInt8] = try patch.apply(to: document.root, limits: limits)
        #expect(document.bytes == before)
        return String(decoding: bytes, as: UTF8.self)
    }

    func check() throws {
        guard let fault else {
            #expect(try Self.apply(patch, to: document) == result)
            return
        }
        let error = #expect(throws: JSONPatchError.self) { try Self.apply(patch, to: document) }
        #expect(error?.kind == fault.kind, "\(String(describing: error))")
        #expect(error?.operation == fault.operation)
        #expect(error?.message.first?.isUppercase == false)
    }
}
