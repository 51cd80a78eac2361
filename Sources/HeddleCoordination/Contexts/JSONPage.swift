package import JSON

/// One page of a list: what a query with one row more than the limit gave.
package struct JSONPage<Item> {
    private let items: ArraySlice<Item>
    private let cursor: String?
    private let total: Int?

    /// Takes the rows of a query, and the cursor that goes on behind an item.
    package init(_ rows: [Item], limit: Int, total: Int? = nil, cursor: (Item) -> String) {
        items = rows.prefix(limit)
        self.cursor = rows.count > limit ? items.last.map(cursor) : nil
        self.total = total
    }

    /// The page as an object.
    package func bytes(_ write: (Item, inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter(capacity: 256 + items.count * 800)
        self.write(to: &writer, write)
        return writer.bytes
    }

    /// Writes the page as an object.
    package func write(to writer: inout JSONWriter, _ write: (Item, inout JSONWriter) -> Void) {
        writer.beginObject()
        writer.name("items")
        writer.beginArray()
        for item in items { write(item, &writer) }
        writer.endArray()
        writer.name("next_cursor")
        if let cursor { writer.string(cursor) } else { writer.null() }
        writer.name("has_more")
        writer.bool(cursor != nil)
        if let total {
            writer.name("total")
            writer.integer(total)
        }
        writer.endObject()
    }
}
