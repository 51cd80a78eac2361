import HeddleModel

/// Finds out how an installed distribution is started.
struct PythonEntryPoint {
    let environment: String
    let library: String

    private var sitePackages: String { "\(environment)/lib/\(library)/site-packages" }

    /// The command of a distribution, or of one of its modules.
    ///
    /// - Throws: ``HeddleError`` with `installationFailed` that lists the scripts there are.
    func command(distribution name: String, module: String?) throws(HeddleError) -> [String] {
        let python = environment + "/bin/python"
        if let module { return [python, "-m", module] }
        let scripts = consoleScripts(of: name)
            .filter { script in
                HostFile("\(environment)/bin/\(script)", followingLinks: false)?.kind == .regular
            }
        let normalized = PythonRequirement.normalized(name)
        let script = scripts.first { PythonRequirement.normalized($0) == normalized }
        if let script = script ?? (scripts.count == 1 ? scripts.first : nil) {
            // What the script's first line says; spelled out, it also works where the kernel finds the line too long.
            return [python, "\(environment)/bin/\(script)"]
        }
        let package = normalized.split(separator: "-").joined(separator: "_")
        if HostFile("\(sitePackages)/\(package)/__main__.py", followingLinks: false)?.kind == .regular {
            return [python, "-m", package]
        }
        let list = scripts.prefix(16).joined(separator: ", ")
        throw HeddleError(
            .installationFailed,
            scripts.isEmpty
                ? "'\(name)' has no program to run; name the module that starts it"
                : "'\(name)' has several programs; name the module that starts it",
            details: ["scripts": list]
        )
    }

    /// The names under `[console_scripts]` of the distribution's own metadata.
    ///
    /// The files were written by the installation, so no link among them is followed.
    private func consoleScripts(of name: String) -> [String] {
        let normalized = PythonRequirement.normalized(name)
        let steps = ["\(environment)/lib", "\(environment)/lib/\(library)", sitePackages]
        guard steps.allSatisfy({ HostFile($0, followingLinks: false)?.kind == .folder }) else { return [] }
        let metadata = HostFile.names(in: sitePackages)
            .first { folder in
                guard folder.hasSuffix(".dist-info"), let dash = folder.firstIndex(of: "-") else { return false }
                return PythonRequirement.normalized(String(folder[..<dash])) == normalized
            }
        guard let metadata, HostFile("\(sitePackages)/\(metadata)", followingLinks: false)?.kind == .folder else {
            return []
        }
        let path = "\(sitePackages)/\(metadata)/entry_points.txt"
        let bytes = HostFile.read(path, upTo: 256 << 10, followingLinks: false) ?? []
        return Self.consoleScripts(String(decoding: bytes, as: UTF8.self))
    }

    /// Reads the section of an `entry_points.txt`.
    static func consoleScripts(_ text: String) -> [String] {
        var isInSection = false
        var result: [String] = []
        for line in text.split(whereSeparator: \.isNewline).map({ $0.trimmed() }) {
            if line.hasPrefix("[") {
                isInSection = line == "[console_scripts]"
            } else if isInSection, !line.hasPrefix("#"), !line.hasPrefix(";"), let sign = line.firstIndex(of: "=") {
                let name = line[..<sign].trimmed()
                guard !name.isEmpty, name != ".", name != "..", !name.contains("/"), !name.utf8.contains(0) else {
                    continue
                }
                result.append(name)
            }
        }
        return result
    }
}
