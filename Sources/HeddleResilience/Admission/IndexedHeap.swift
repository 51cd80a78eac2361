/// The least of things with small numbers, any of which can be taken out or given another key.
struct IndexedHeap: Sendable {
    /// A moment, and among equal moments the one that came first.
    struct Key: Sendable, Comparable {
        var moment: Moment
        var sequence: UInt64

        static func < (left: Key, right: Key) -> Bool {
            left.moment == right.moment ? left.sequence < right.sequence : left.moment < right.moment
        }
    }

    private var items: [(key: Key, number: Int32)] = []
    /// Where each number is in ``items``; -1: it is not.
    private var places: [Int32] = []

    var isEmpty: Bool { items.isEmpty }
    var first: (key: Key, number: Int32)? { items.first }

    func contains(_ number: Int32) -> Bool { number < places.count && places[Int(number)] >= 0 }

    /// Puts a number in, or gives it another key.
    mutating func set(_ number: Int32, _ key: Key) {
        while places.count <= number { places.append(-1) }
        let place = Int(places[Int(number)])
        guard place >= 0 else {
            items.append((key, number))
            return rise(items.count - 1)
        }
        let isLess = key < items[place].key
        items[place].key = key
        if isLess { rise(place) } else { sink(place) }
    }

    /// Takes a number out, if it is in.
    mutating func remove(_ number: Int32) {
        guard contains(number) else { return }
        let place = Int(places[Int(number)])
        places[Int(number)] = -1
        let last = items.removeLast()
        guard place < items.count else { return }
        let isLess = last.key < items[place].key
        items[place] = last
        if isLess { rise(place) } else { sink(place) }
    }

    private mutating func rise(_ start: Int) {
        var place = start
        let item = items[place]
        while place > 0 {
            let parent = (place - 1) / 2
            guard item.key < items[parent].key else { break }
            put(items[parent], at: place)
            place = parent
        }
        put(item, at: place)
    }

    private mutating func sink(_ start: Int) {
        var place = start
        let item = items[place]
        while true {
            var child = 2 * place + 1
            guard child < items.count else { break }
            if child + 1 < items.count, items[child + 1].key < items[child].key { child += 1 }
            guard items[child].key < item.key else { break }
            put(items[child], at: place)
            place = child
        }
        put(item, at: place)
    }

    private mutating func put(_ item: (key: Key, number: Int32), at place: Int) {
        items[place] = item
        places[Int(item.number)] = Int32(place)
    }
}
