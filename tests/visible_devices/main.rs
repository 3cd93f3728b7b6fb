//! What `CUDA_VISIBLE_DEVICES` and `NVIDIA_VISIBLE_DEVICES` give a program or container, rule by rule.

#![forbid(unsafe_code)]

mod cases;
mod container;
mod nodes;
mod properties;
mod simulated;
mod value;
