package import JSON

extension JSONView {
    /// The bytes that all JSON texts of this value share, whatever the order of members, the white space and the form of
    /// numbers: what a checksum of a document is made of.
    ///
    /// Much like RFC 8785, but nothing is rounded, so that values that differ always have different bytes.
    package var canonicalBytes: [UInt8] {
        var bytes: [UInt8] = []
        appendCanonical(to: &bytes)
        return bytes
    }
}
