/// What a package of a `server.json` becomes with somebody's values.
package struct ServerInstallation: Sendable, Hashable {
    /// Where the program comes from.
    package enum Source: Sendable, Hashable {
        /// An installation by name.
        case package(ExtensionSource)
        /// An archive to be fetched, which has to have the hash, and what its program is given.
        case bundle(url: String, sha256: String, arguments: [String])
    }

    package let source: Source
    package let environment: [String: String]
    /// Which of the environment's variables nobody should see.
    package let secretVariables: [String]
    /// The inputs that are secret and stand on the command line all the same, where others see them.
    package let secretArguments: [String]
    /// The paths of the host among the values, which the program cannot see without a grant.
    package let files: [String]
}

extension ServerDescription {
    /// The server as an extension, with somebody's values.
    ///
    /// - Returns: What is added, or why it cannot be.
    /// - Throws: ``HeddleError`` with `invalidRequest` and all values that are missing or do not fit.
    package func imported(_ values: [String: [String]]) throws(HeddleError) -> ImportedServer {
        do throws(HeddleError) {
            return ImportedServer(title: name, name: extensionName, outcome: try outcome(values))
        } catch {
            guard error.code == .installationFailed else { throw error }
            return ImportedServer(title: name, name: extensionName, outcome: .refused(error.message))
        }
    }

    private func outcome(_ values: [String: [String]]) throws(HeddleError) -> ImportedServer.Outcome {
        let made = try installable().installation(values)
        if let secret = made.secretArguments.first {
            return .refused("it wants the secret '\(secret.clipped(80))' on its command line, where everybody sees it")
        }
        switch made.source {
        case .package(let source): return .add(source, environment: made.environment)
        case .bundle(let url, let sha256, let arguments):
            guard arguments.isEmpty else { return .refused("it gives arguments to a bundle, which has its own") }
            return .add(.url(url, sha256: sha256), environment: made.environment)
        }
    }
}

extension ServerPackage {
    /// Puts values where the package wants them.
    ///
    /// - Parameter values: Values by the keys of ``inputs``; several for what may be repeated.
    /// - Returns: What is to be installed, and what the program is given.
    /// - Throws: ``HeddleError`` with `invalidRequest` and all values that are missing or do not fit, or with
    ///   `installationFailed` when it has to be started in a way that is not known here.
    package func installation(_ values: [String: [String]]) throws(HeddleError) -> ServerInstallation {
        if let refusal { throw refused(refusal) }
        var filled = ServerValues(values)
        let variables = environment.compactMap { setting in
            filled.texts(setting).first.map { (setting.input.key, $0) }
        }
        let runtime = runtimeArguments.flatMap { filled.words($0) }
        let words = arguments.flatMap { filled.words($0) }
        try filled.check(asked: inputs, by: identifier)
        let given = Dictionary(variables) { first, _ in first }
        let secrets = environment.filter { setting in
            given[setting.input.key] != nil && (setting.input.isSecret || setting.open.contains(where: \.isSecret))
        }
        let shown = (runtimeArguments + arguments).flatMap(\.open).filter { $0.isSecret && filled.isUsed($0.key) }
        var seen: Set<String> = []
        return ServerInstallation(
            source: try source(runtime, words, given),
            environment: given,
            secretVariables: secrets.map(\.input.key),
            secretArguments: shown.map(\.key).filter { seen.insert($0).inserted },
            files: filled.files
        )
    }

    private func source(
        _ runtime: [String],
        _ words: [String],
        _ environment: [String: String]
    ) throws(HeddleError) -> ServerInstallation.Source {
        guard registry != "mcpb" else {
            return .bundle(url: identifier, sha256: sha256 ?? "", arguments: words)
        }
        let isPython = registry == "pypi"
        let requirement = identifier + (isPython ? "==" : "@") + (version ?? "")
        let hint = runtimeHint ?? ""
        var module: String?
        var line = [hint] + runtime + [requirement] + words
        if isPython, hint.hasPrefix("python"), runtime.count == 2, runtime[0] == "-m" {
            module = runtime[1]
            line = ["uvx", requirement] + words
        } else if hint.isEmpty || runtime.isEmpty && ["node", "python", "python3", "uv"].contains(hint) {
            line[0] = isPython ? "uvx" : "npx"
        } else if hint == "pipx", runtime.first != "run" {
            line.insert("run", at: 1)
        }
        switch CommandLineImport(words: line, directory: nil).outcome(environment: environment) {
        case .refused(let reason): throw refused(reason)
        // The line may also name another package, or another version of this one.
        case .add(.pypi(var package), _) where isPython && package.requirement == requirement:
            package.module = module
            return .package(.pypi(package))
        case .add(.npm(let package), _) where !isPython && package.package == requirement && package.program == nil:
            return .package(.npm(package))
        case .add:
            throw refused(
                "it is started by '\(line.prefix(3).joined(separator: " ").clipped(80))', which is not known here"
            )
        }
    }

    private func refused(_ reason: String) -> HeddleError {
        HeddleError(
            .installationFailed,
            "the package '\(identifier.clipped(80))' cannot be used: \(reason)",
            details: ["package": identifier.clipped(200), "registry": registry.clipped(60)]
        )
    }
}
