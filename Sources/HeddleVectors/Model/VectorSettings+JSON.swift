package import HeddleModel
package import JSON

extension VectorSettings {
    /// The settings as they are shown and stored.
    package var json: JSONValue {
        [
            "dimension": .integer(dimension), "metric": .string(metric.rawValue), "m": .integer(m),
            "ef_construction": .integer(efConstruction), "quantization": .string(quantization.rawValue),
            "precision": .string(precision.rawValue), "calibration": .string(calibration.rawValue),
            "exact_below": .integer(exactBelow),
            "fields": .object(
                JSONObject(
                    members: fields.sorted { $0.key < $1.key }.map { .init(name: $0, value: .string($1.rawValue)) }
                )
            ),
        ]
    }

    /// Reads settings; what is not said has the default of the dimension.
    ///
    /// - Parameter json: An object as ``json`` makes it.
    /// - Throws: ``HeddleError`` with `.invalidRequest`, which names the member that is wrong.
    package init(json: JSONValue) throws(HeddleError) {
        guard let dimension = json["dimension"]?.integer else {
            throw Self.wrong("dimension", "a whole number")
        }
        let metric = try Self.choice(json, "metric", VectorMetric.self) ?? .cosine
        try self.init(dimension: dimension, metric: metric)
        quantization = try Self.choice(json, "quantization", VectorQuantization.self) ?? quantization
        precision = try Self.choice(json, "precision", VectorPrecision.self) ?? precision
        calibration = try Self.choice(json, "calibration", VectorCalibration.self) ?? calibration
        m = try Self.number(json, "m") ?? m
        efConstruction = try Self.number(json, "ef_construction") ?? efConstruction
        exactBelow = try Self.number(json, "exact_below") ?? exactBelow
        if let value = json["fields"], value != .null {
            guard let members = value.object?.members else { throw Self.wrong("fields", "an object") }
            for member in members {
                guard let kind = member.value.string.flatMap(FieldKind.init(rawValue:)) else {
                    throw Self.wrong("fields", "an object of the kinds \(FieldKind.allNames)")
                }
                fields[member.name] = kind
            }
        }
        try validate()
    }

    private static func choice<Choice: RawRepresentable & CaseIterable>(
        _ json: JSONValue,
        _ name: String,
        _ type: Choice.Type
    ) throws(HeddleError) -> Choice? where Choice.RawValue == String {
        guard let value = json[name], value != .null else { return nil }
        guard let choice = value.string.flatMap(Choice.init(rawValue:)) else {
            throw wrong(name, "one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    private static func number(_ json: JSONValue, _ name: String) throws(HeddleError) -> Int? {
        guard let value = json[name], value != .null else { return nil }
        guard let number = value.integer else { throw wrong(name, "a whole number") }
        return number
    }

    private static func wrong(_ name: String, _ what: String) -> HeddleError {
        HeddleError(.invalidRequest, "\(name) has to be \(what)", details: ["field": name])
    }
}
