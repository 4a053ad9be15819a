"""A Transformer encoder with gradients: tokens or frames in, probabilities of tokens out.

    tokens or frames ──► X ──► H⁰ = X + P ──► encoder layers ──► H ──► logits = H Eᵀ ──►
    p = softmax(logits)

`positional` encodes positions, `attention` relates them to each other (`attention_blocks` in blocks
of keys), `layers` holds the other operations, `encoder` a stack of layers, `model` the whole flow,
`trace` a name and a description of every tensor of it, and `training` fits the weights. An
operation f has its gradient beside it: `f_backward` takes the derivative of the loss by the result
of `f`, and returns the derivatives by the arguments of `f`.

Arrays keep the precision they come in, float32 or float64. T is the number of positions, d of
features, h of heads with d_k = d / h features each, V of tokens, B of sequences in a batch.
"""
