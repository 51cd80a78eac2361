import JSON

/// Reads a `server.json` that may also break its schema, and collects what the schema cannot say.
struct ServerDescriptionReader {
    private(set) var violations: [HeddleError.Violation] = []

    /// The whole file, or as much of it as there is.
    mutating func server(_ view: JSONView, at path: String, answer: JSONView?) -> ServerDescription? {
        guard view.kind == .object else { return nil }
        let detail = view["version_detail"]
        let version = version(view, at: path)
        let olderVersion = detail.flatMap { self.version($0, at: path + "/version_detail") }
        if version != nil, olderVersion != nil {
            note(path + "/version_detail", "oneOf", "says what 'version' says already")
        } else if version == nil, olderVersion == nil, view["version"] == nil, detail?["version"] == nil {
            note(path, "required", "has no 'version'")
        }
        var packages: [ServerPackage] = []
        for (index, element) in (view["packages"]?.elements).map(Array.init)?.enumerated() ?? [].enumerated() {
            if let package = package(element, at: "\(path)/packages/\(index)") { packages.append(package) }
        }
        let official = answer?["_meta"]?["io.modelcontextprotocol.registry/official"]
        let status = official?["status"]?.string ?? answer?["_meta"]?["status"]?.string ?? view["status"]?.string
        return ServerDescription(
            name: view["name"]?.string ?? "",
            title: view["title"]?.string,
            description: view["description"]?.string ?? "",
            version: version ?? olderVersion ?? "",
            websiteURL: member(view, ["websiteUrl", "website_url"], at: path)?.value.string,
            repositoryURL: view["repository"]?["url"]?.string,
            status: status.flatMap(ServerDescription.Status.init) ?? .active,
            packages: packages,
            remotes: (0..<(view["remotes"]?.count ?? 0)).map { "\(path)/remotes/\($0)" }
        )
    }

    // MARK: Packages

    private mutating func package(_ view: JSONView, at path: String) -> ServerPackage? {
        guard view.kind == .object else { return nil }
        let registry = member(view, ["registryType", "registry_type", "registry_name"], at: path)
        if registry == nil { note(path, "required", "has no 'registryType'") }
        let identifier = member(view, ["identifier", "name"], at: path)
        if identifier == nil { note(path, "required", "has no 'identifier'") }
        let environment = settings(view, ["environmentVariables", "environment_variables"], at: path)
        var names: Set<String> = []
        for setting in environment where !setting.input.key.isEmpty && !names.insert(setting.input.key).inserted {
            note(setting.input.path + "/name", "uniqueItems", "names '\(setting.input.key)' for the second time")
        }
        return ServerPackage(
            path: path,
            registry: registry?.value.string ?? "",
            identifier: identifier?.value.string ?? "",
            version: version(view, at: path),
            sha256: member(view, ["fileSha256", "file_sha256"], at: path)?.value.string?.lowercased(),
            registryURL: member(view, ["registryBaseUrl", "registry_base_url"], at: path)?.value.string,
            runtimeHint: member(view, ["runtimeHint", "runtime_hint"], at: path)?.value.string,
            // The first schema did not ask for it, and knew only this one.
            transport: view["transport"]?["type"]?.string ?? "stdio",
            runtimeArguments: settings(view, ["runtimeArguments", "runtime_arguments"], at: path),
            arguments: settings(view, ["packageArguments", "package_arguments"], at: path),
            environment: environment
        )
    }

    private mutating func settings(_ view: JSONView, _ names: [String], at path: String) -> [ServerSetting] {
        guard let list = member(view, names, at: path) else { return [] }
        return list.value.elements.enumerated().map { setting($1, at: "\(list.path)/\($0)") }
    }

    private mutating func setting(_ view: JSONView, at path: String) -> ServerSetting {
        let name = view["name"]?.string ?? ""
        let hint = member(view, ["valueHint", "value_hint"], at: path)?.value.string ?? ""
        let place: ServerSetting.Place
        switch view["type"]?.string {
        case "named":
            if view["name"] == nil { note(path, "required", "is named and has no 'name'") }
            place = .named(name)
        case "positional":
            if view["value"] == nil, hint.isEmpty { note(path, "required", "has neither a 'value' nor a 'valueHint'") }
            place = .positional
        default: place = .environment(name)
        }
        let variables = (view["variables"]?.members).map(Array.init) ?? []
        let input = input(view, key: place == .positional ? hint : name, at: path)
        return ServerSetting(
            place: place,
            input: input,
            variables: variables.map { variable in
                let key = variable.name.string ?? ""
                return self.input(variable.value, key: key, at: "\(path)/variables/\(Self.escaped(key))")
            },
            isRepeated: flag(view, ["isRepeated", "is_repeated"], at: path),
            isFlag: Self.isFlag(place, view)
        )
    }

    /// A named argument of which nothing is said but its name, as clients take it.
    private static func isFlag(_ place: ServerSetting.Place, _ view: JSONView) -> Bool {
        guard case .named = place else { return false }
        if let value = view["value"]?.string { return value.isEmpty }
        let isSecret = (view["isSecret"] ?? view["is_secret"])?.bool == true
        return !isSecret
            && !["description", "default", "choices", "placeholder", "format"].contains { view.member($0) != nil }
    }

    private mutating func input(_ view: JSONView, key: String, at path: String) -> ServerInput {
        ServerInput(
            key: key,
            path: path,
            description: view["description"]?.string,
            isRequired: flag(view, ["isRequired", "is_required"], at: path),
            isSecret: flag(view, ["isSecret", "is_secret"], at: path),
            format: view["format"]?.string.flatMap(ServerInput.Format.init) ?? .string,
            standard: view["default"]?.string,
            choices: view["choices"]?.elements.compactMap(\.string) ?? [],
            value: view["value"]?.string
        )
    }

    // MARK: Members

    /// A member by one of its spellings.
    private mutating func member(
        _ view: JSONView,
        _ names: [String],
        at path: String
    ) -> (value: JSONView, path: String)? {
        let found = names.compactMap { name in view.member(name).map { (value: $0, path: "\(path)/\(name)") } }
        for other in found.dropFirst() { note(other.path, "oneOf", "says what '\(names[0])' says already") }
        return found.first
    }

    private mutating func flag(_ view: JSONView, _ names: [String], at path: String) -> Bool {
        member(view, names, at: path)?.value.bool ?? false
    }

    /// The specification takes exact versions only: what is installed is what was looked at.
    private mutating func version(_ view: JSONView, at path: String) -> String? {
        guard let text = view["version"]?.string else { return nil }
        if text == "latest" || Self.isRange(text) {
            note(path + "/version", "version", "is '\(text.clipped(60))', and has to be one version")
        }
        return text
    }

    private static func isRange(_ text: String) -> Bool {
        if text.contains(where: { $0.isWhitespace || "^~<>=|,*".contains($0) }) { return true }
        let core = text.prefix { $0 != "-" && $0 != "+" }
        return core.split(separator: ".").contains { $0 == "x" || $0 == "X" }
    }

    private static func escaped(_ name: String) -> String {
        name.replacing("~", with: "~0").replacing("/", with: "~1")
    }

    private mutating func note(_ path: String, _ keyword: String, _ message: String) {
        violations.append(.init(path: path.clipped(200), keyword: keyword, message: message))
    }
}
