/// A queue that is cheap at both ends: what waits for a connection.
struct Backlog<Element> {
    private var elements: [Element] = []
    private var head = 0

    var count: Int {
        elements.count - head
    }

    var isEmpty: Bool {
        count == 0
    }

    /// The oldest element.
    var first: Element? {
        head < elements.count ? elements[head] : nil
    }

    mutating func append(_ element: Element) {
        elements.append(element)
    }

    /// Takes up to so many of the oldest elements.
    mutating func take(_ maximum: Int) -> [Element] {
        let taken = Array(elements[head..<min(head + maximum, elements.count)])
        head += taken.count
        // Moving the rest down only when it is the smaller part costs a constant per element.
        if head * 2 >= elements.count {
            elements.removeFirst(head)
            head = 0
        }
        return taken
    }
}
