package import JSON

extension ResourceLimits {
    /// The `resources` section.
    package static let schema: OwnSchema = {
        let standard = Self()
        return OwnSchema(
            "Resources",
            Shape.object(optional: [
                "memory_mb": Shape.integer(8...1 << 20, default: standard.memoryBytes >> 20),
                "processes": Shape.integer(4...65_536, default: standard.processes),
                "open_files": Shape.integer(16...1 << 20, default: standard.openFiles),
                "file_mb": Shape.integer(1...1 << 20, default: standard.fileBytes >> 20),
                "temporary_mb": Shape.integer(1...1 << 20, default: standard.temporaryBytes >> 20),
                "cpu_percent": Shape.integer(1...100_000),
            ])
        )
    }()

    /// Reads the `resources` section.
    ///
    /// - Throws: ``HeddleError`` with the code of `fields` when a member is of the wrong type.
    package init(_ fields: JSONFields) throws(HeddleError) {
        self.init()
        if let number = try fields.integerIfPresent("memory_mb") { memoryBytes = number << 20 }
        if let number = try fields.integerIfPresent("processes") { processes = number }
        if let number = try fields.integerIfPresent("open_files") { openFiles = number }
        if let number = try fields.integerIfPresent("file_mb") { fileBytes = number << 20 }
        if let number = try fields.integerIfPresent("temporary_mb") { temporaryBytes = number << 20 }
        cpuPercent = try fields.integerIfPresent("cpu_percent")
    }

    /// The `resources` section.
    package var value: JSONValue {
        var object = JSONObject(members: [
            .init(name: "memory_mb", value: .integer(memoryBytes >> 20)),
            .init(name: "processes", value: .integer(processes)),
            .init(name: "open_files", value: .integer(openFiles)),
            .init(name: "file_mb", value: .integer(fileBytes >> 20)),
            .init(name: "temporary_mb", value: .integer(temporaryBytes >> 20)),
        ])
        object["cpu_percent"] = cpuPercent.map(JSONValue.integer)
        return .object(object)
    }
}
