import { expect, it } from "vitest";
import { resnetBlock } from "../nn/resnet.ts";
import { spatialTransformer } from "../nn/transformer.ts";
import { symbol } from "./dim.ts";
import { graphOf } from "./graph.ts";
import { input } from "./ops/source.ts";
import { parameters } from "./params.ts";
import { printGraph } from "./print.ts";

const sample = input("x", [symbol("batch"), 8, symbol("height"), symbol("width")]);

it("printGraph() shows a residual block as one line per value", () => {
  const embedding = input("embedding", [symbol("batch"), 32]);
  const y = resnetBlock(parameters().at("resnets", 0), sample, { features: 16, groups: 4, epsilon: 1e-5, embedding });
  expect(printGraph(graphOf("resnet", { y }))).toMatchInlineSnapshot(`
    "graph resnet
    input x: float32[batch, 8, height, width]
    input embedding: float32[batch, 32]
    %0 float32[batch, 8, height, width] = groupNorm(x, resnets.0.norm1.weight, resnets.0.norm1.bias) {groups: 4, epsilon: 0.00001}   # resnets.0.norm1
    %1 float32[batch, 8, height, width] = silu(%0)   # resnets.0
    %2 float32[batch, 16, height, width] = conv2d(%1, resnets.0.conv1.weight, resnets.0.conv1.bias) {stride: 1, padding: [1,1,1,1]}   # resnets.0.conv1
    %3 float32[batch, 32] = silu(embedding)   # resnets.0
    %4 float32[batch, 16] = linear(%3, resnets.0.time_emb_proj.weight, resnets.0.time_emb_proj.bias)   # resnets.0.time_emb_proj
    %5 float32[batch, 16, 1, 1] = reshape(%4)   # resnets.0
    %6 float32[batch, 16, height, width] = add(%2, %5)   # resnets.0
    %7 float32[batch, 16, height, width] = groupNorm(%6, resnets.0.norm2.weight, resnets.0.norm2.bias) {groups: 4, epsilon: 0.00001}   # resnets.0.norm2
    %8 float32[batch, 16, height, width] = silu(%7)   # resnets.0
    %9 float32[batch, 16, height, width] = conv2d(%8, resnets.0.conv2.weight, resnets.0.conv2.bias) {stride: 1, padding: [1,1,1,1]}   # resnets.0.conv2
    %10 float32[batch, 16, height, width] = conv2d(x, resnets.0.conv_shortcut.weight, resnets.0.conv_shortcut.bias) {stride: 1, padding: [0,0,0,0]}   # resnets.0.conv_shortcut
    %11 float32[batch, 16, height, width] = add(%10, %9)   # resnets.0
    output y = %11
    "
  `);
});

it("printGraph() shows a transformer over pixels as one line per value", () => {
  const context = input("context", [symbol("batch"), symbol("tokens"), 24]);
  const y = spatialTransformer(parameters(), sample, { heads: 2, blocks: 1, groups: 4, context });
  expect(printGraph(graphOf("transformer", { y }))).toMatchInlineSnapshot(`
    "graph transformer
    input x: float32[batch, 8, height, width]
    input context: float32[batch, tokens, 24]
    %0 float32[batch, 8, height, width] = groupNorm(x, norm.weight, norm.bias) {groups: 4, epsilon: 0.000001}   # norm
    %1 float32[batch, 8, height*width] = reshape(%0)
    %2 float32[batch, height*width, 8] = transpose(%1) {permutation: [0,2,1]}
    %3 float32[batch, height*width, 8] = linear(%2, proj_in.weight, proj_in.bias)   # proj_in
    %4 float32[batch, height*width, 8] = layerNorm(%3, transformer_blocks.0.norm1.weight, transformer_blocks.0.norm1.bias) {epsilon: 0.00001}   # transformer_blocks.0.norm1
    %5 float32[batch, height*width, 8] = linear(%4, transformer_blocks.0.attn1.to_q.weight)   # transformer_blocks.0.attn1.to_q
    %6 float32[batch, height*width, 8] = linear(%4, transformer_blocks.0.attn1.to_k.weight)   # transformer_blocks.0.attn1.to_k
    %7 float32[batch, height*width, 8] = linear(%4, transformer_blocks.0.attn1.to_v.weight)   # transformer_blocks.0.attn1.to_v
    %8 float32[batch, height*width, 8] = attention(%5, %6, %7) {heads: 2, causal: false}   # transformer_blocks.0.attn1
    %9 float32[batch, height*width, 8] = linear(%8, transformer_blocks.0.attn1.to_out.0.weight, transformer_blocks.0.attn1.to_out.0.bias)   # transformer_blocks.0.attn1.to_out.0
    %10 float32[batch, height*width, 8] = add(%9, %3)   # transformer_blocks.0
    %11 float32[batch, height*width, 8] = layerNorm(%10, transformer_blocks.0.norm2.weight, transformer_blocks.0.norm2.bias) {epsilon: 0.00001}   # transformer_blocks.0.norm2
    %12 float32[batch, height*width, 8] = linear(%11, transformer_blocks.0.attn2.to_q.weight)   # transformer_blocks.0.attn2.to_q
    %13 float32[batch, tokens, 8] = linear(context, transformer_blocks.0.attn2.to_k.weight)   # transformer_blocks.0.attn2.to_k
    %14 float32[batch, tokens, 8] = linear(context, transformer_blocks.0.attn2.to_v.weight)   # transformer_blocks.0.attn2.to_v
    %15 float32[batch, height*width, 8] = attention(%12, %13, %14) {heads: 2, causal: false}   # transformer_blocks.0.attn2
    %16 float32[batch, height*width, 8] = linear(%15, transformer_blocks.0.attn2.to_out.0.weight, transformer_blocks.0.attn2.to_out.0.bias)   # transformer_blocks.0.attn2.to_out.0
    %17 float32[batch, height*width, 8] = add(%16, %10)   # transformer_blocks.0
    %18 float32[batch, height*width, 8] = layerNorm(%17, transformer_blocks.0.norm3.weight, transformer_blocks.0.norm3.bias) {epsilon: 0.00001}   # transformer_blocks.0.norm3
    %19 float32[batch, height*width, 64] = linear(%18, transformer_blocks.0.ff.net.0.proj.weight, transformer_blocks.0.ff.net.0.proj.bias)   # transformer_blocks.0.ff.net.0.proj
    %20 float32[batch, height*width, 32] = slice(%19) {axis: 2, start: 0, end: 32}   # transformer_blocks.0.ff
    %21 float32[batch, height*width, 32] = slice(%19) {axis: 2, start: 32, end: 64}   # transformer_blocks.0.ff
    %22 float32[batch, height*width, 32] = gelu(%21)   # transformer_blocks.0.ff
    %23 float32[batch, height*width, 32] = multiply(%20, %22)   # transformer_blocks.0.ff
    %24 float32[batch, height*width, 8] = linear(%23, transformer_blocks.0.ff.net.2.weight, transformer_blocks.0.ff.net.2.bias)   # transformer_blocks.0.ff.net.2
    %25 float32[batch, height*width, 8] = add(%24, %17)   # transformer_blocks.0
    %26 float32[batch, height*width, 8] = linear(%25, proj_out.weight, proj_out.bias)   # proj_out
    %27 float32[batch, 8, height*width] = transpose(%26) {permutation: [0,2,1]}
    %28 float32[batch, 8, height, width] = reshape(%27)
    %29 float32[batch, 8, height, width] = add(%28, x)
    output y = %29
    "
  `);
});
