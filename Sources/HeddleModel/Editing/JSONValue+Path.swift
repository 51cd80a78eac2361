package import JSON

extension JSONValue {
    /// The value that names lead to, one object inside of another; nil when there is none.
    package func value(at path: [String]) -> JSONValue? {
        path.reduce(Optional(self)) { $0?[$1] }
    }

    /// The value with another one where names lead to, and with the objects on the way; nil takes away what is there.
    package func setting(_ path: ArraySlice<String>, to value: JSONValue?) -> JSONValue {
        guard let name = path.first else { return value ?? .null }
        var object = object ?? JSONObject()
        if path.count == 1 {
            object[name] = value
        } else if value != nil || object[name]?.object != nil {
            object[name] = (object[name] ?? [:]).setting(path.dropFirst(), to: value)
        }
        return .object(object)
    }

    /// The value without what says nothing, which are members that are null and empty objects, in an order of its own.
    ///
    /// Two files whose canonical values are equal configure the same.
    package var canonical: JSONValue {
        guard let object else { return self }
        let members = object.members
            .map { JSONObject.Member(name: $0.name, value: $0.value.canonical) }
            .filter { $0.value != .null && $0.value != [:] }
        return .object(JSONObject(members: members.sorted { $0.name < $1.name }))
    }
}
