import Testing

/// `argonne serve` from outside. One server at a time: each compiles the same few programs, and all but the first find them in the cache.
@Suite(.serialized) enum ServingTests {}
