/// A binary heap: the element that is above all others is at hand, and the next one is found in logarithmic time.
struct Heap<Element> {
    private var elements: [Element]
    private let isAbove: (Element, Element) -> Bool

    /// Orders elements, at least one, in linear time.
    init(_ elements: [Element], isAbove: @escaping (Element, Element) -> Bool) {
        precondition(!elements.isEmpty, "a heap has at least one element to begin with")
        self.elements = elements
        self.isAbove = isAbove
        for index in (0..<(elements.count / 2)).reversed() { sink(index) }
    }

    /// The element above all others; there must be one.
    var top: Element { elements[0] }

    /// Puts another element in the place of the top one.
    mutating func replaceTop(_ element: Element) {
        elements[0] = element
        sink(0)
    }

    /// Removes the top element; nil where none is left.
    mutating func popTop() -> Element? {
        guard let last = elements.popLast() else { return nil }
        guard let top = elements.first else { return last }
        replaceTop(last)
        return top
    }

    private mutating func sink(_ start: Int) {
        var index = start
        while true {
            var highest = index
            for child in [2 * index + 1, 2 * index + 2] where child < elements.count && isAbove(elements[child], elements[highest]) {
                highest = child
            }
            if highest == index { return }
            elements.swapAt(index, highest)
            index = highest
        }
    }
}
