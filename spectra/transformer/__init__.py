"""The Transformer over spectral frames: what a frame should be, given the frames around it.

    tokens or frames ──► X ──► H⁰ = X + P ──► encoder layers ──► H ──► logits = H Eᵀ ──► p =
    softmax(logits)

`positional` says where a frame stands, `attention` lets frames look at each other, `layers` holds
the other operations, `transformer` joins them and names every tensor on the way, `training` fits
the weights. Every operation has its gradient beside it: `f_backward` takes the derivative of the
loss by what `f` returned and gives those by what `f` took.

Arrays keep the precision they come in, float32 or float64. T counts positions, d features, h heads
of d_k = d / h features, V tokens, B sequences of a batch.
"""
