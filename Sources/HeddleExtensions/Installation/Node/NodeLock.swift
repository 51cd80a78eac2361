import HeddleModel
import JSON

/// What npm's `package-lock.json` pins.
struct NodeLock: Sendable {
    /// One package that comes as a tarball from a registry.
    struct Tarball: Sendable, Hashable {
        /// Its place below the project, such as `node_modules/@scope/name`.
        let place: String
        let address: String
        let digest: PackageDigest
        /// Whether the installation goes on without it.
        let isOptional: Bool
    }

    /// More than any extension depends on.
    private static let mostPackages = 5000

    /// What this host installs, each place once.
    let tarballs: [Tarball]
    /// The lock as npm wrote it.
    let bytes: [UInt8]
    /// What the project asks for, by name.
    let dependencies: JSONValue

    /// Reads a lock.
    ///
    /// - Throws: ``HeddleError`` with `installationFailed` when it has another form or too many packages, or `integrityFailed` with the
    ///   name of a package that is not pinned by SHA-512 or comes from something else than a registry.
    init(_ bytes: [UInt8]) throws(HeddleError) {
        guard let root = (try? JSONDocument(bytes))?.root["packages"], root.kind == .object else {
            throw HeddleError(.installationFailed, "npm's lock has another form")
        }
        let asked = root.member("")?["dependencies"].flatMap { try? JSONValue(parsing: Array($0.bytes)) }
        dependencies = asked ?? [:]
        self.bytes = bytes
        var tarballs: [Tarball] = []
        for (count, member) in root.members.enumerated() {
            guard count <= Self.mostPackages else {
                throw HeddleError(
                    .installationFailed,
                    "more than \(Self.mostPackages) packages would be installed"
                )
            }
            guard let place = member.name.string, !place.isEmpty else { continue }
            if let tarball = try Self.tarball(place, member.value) { tarballs.append(tarball) }
        }
        self.tarballs = tarballs
    }

    /// What has to be fetched for an entry; nil for one that another brings along, or that is not for this host.
    private static func tarball(_ place: String, _ entry: JSONView) throws(HeddleError) -> Tarball? {
        func isTrue(_ name: String) -> Bool { entry.member(name)?.bool == true }
        let isOptional = isTrue("optional") || isTrue("devOptional")
        if isTrue("link") || isTrue("inBundle") || isTrue("dev") { return nil }
        if isOptional, !NodePlatform.host.runs(entry) { return nil }
        let address = entry["resolved"]?.string ?? ""
        let isPlain = address.utf8.count <= 2048 && address.utf8.allSatisfy { 0x21...0x7E ~= $0 }
        guard address.hasPrefix("https://") || address.hasPrefix("http://"), isPlain,
            let digest = (entry["integrity"]?.string).flatMap(PackageDigest.init(integrity:))
        else {
            throw HeddleError(
                .integrityFailed,
                "'\(place.clipped(200))' is not pinned to a file of a registry by its SHA-512",
                details: ["package": place.clipped(200), "resolved": address.clipped(256)]
            )
        }
        return Tarball(place: place, address: address, digest: digest, isOptional: isOptional)
    }
}
