import HeddleModel
import JSON
import JSONPatch

/// Merge patches (RFC 7396) of what clients say of an entity.
enum JSONMerging {
    /// The object that some members of a merge patch make of another.
    ///
    /// - Throws: ``HeddleError`` with `internalError` when the stored object is not one that Heddle wrote.
    static func merge(
        _ object: [UInt8],
        with changes: [(name: JSONView, value: JSONView)]
    ) throws(HeddleError) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        for change in changes {
            writer.name(change.name.string ?? "")
            writer.raw(change.value)
        }
        writer.endObject()
        do throws(JSONError) {
            let patch = JSONMergePatch(try JSONDocument(writer.bytes).root)
            return patch.apply(to: try JSONDocument(object).root)
        } catch {
            throw HeddleError(.internalError, "a stored object is not JSON", cause: error)
        }
    }
}
