package import HeddleModel

/// What a publisher signs: that an artifact with this hash is this version of the extension.
package struct PackageStatement: Sendable, Hashable {
    package let name: ExtensionName
    package let version: SemanticVersion
    /// SHA-256 of the artifact, in lower-case hexadecimal.
    package let sha256: String

    /// Takes what is stated.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` when the hash is none.
    package init(name: ExtensionName, version: SemanticVersion, sha256: String) throws(HeddleError) {
        let isHash =
            sha256.utf8.count == 64
            && sha256.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        guard isHash else { throw HeddleError(.invalidRequest, "a SHA-256 is 64 digits of lower-case hexadecimal") }
        self.name = name
        self.version = version
        self.sha256 = sha256
    }

    /// The bytes that are signed.
    ///
    /// The first line keeps the signature from meaning anything elsewhere; no field can hold a line break.
    package var bytes: [UInt8] {
        Array("heddle package signature v1\nname: \(name)\nversion: \(version)\nsha256: \(sha256)\n".utf8)
    }
}
