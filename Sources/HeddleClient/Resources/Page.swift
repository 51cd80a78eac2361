package import HeddleModel
package import JSON

/// One page of a list.
package struct Page<Item: ServerResource>: ServerResource {
    package let items: [Item]
    /// Where the next page starts.
    package let nextCursor: String?
    package let hasMore: Bool

    /// A whole list, or one that goes on at a cursor.
    package init(items: [Item], nextCursor: String? = nil) {
        self.items = items
        self.nextCursor = nextCursor
        hasMore = nextCursor != nil
    }

    /// Reads `{"items","next_cursor","has_more"}`.
    ///
    /// - Throws: ``HeddleError`` with `internalError` when there are no items or one is malformed.
    package init(_ json: JSONValue) throws(HeddleError) {
        guard let elements = json["items"]?.array else {
            throw HeddleError(.internalError, "the server's answer has no 'items'", details: ["field": "items"])
        }
        var items: [Item] = []
        for element in elements { items.append(try Item(element)) }
        self.items = items
        nextCursor = json["next_cursor"]?.string
        hasMore = json["has_more"]?.bool ?? false
    }

    package var json: JSONValue {
        [
            "items": .array(items.map(\.json)),
            "next_cursor": nextCursor.map(JSONValue.string) ?? .null,
            "has_more": .bool(hasMore),
        ]
    }
}
