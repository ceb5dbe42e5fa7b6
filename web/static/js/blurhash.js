// A poster's colours before the poster: decodes a BlurHash (https://blurha.sh) into a canvas.

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";
const number = (text) => [...text].reduce((sum, digit) => sum * 83 + DIGITS.indexOf(digit), 0);
const toLinear = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
const signedSquare = (value) => Math.sign(value) * value * value;

function toByte(value) {
  const v = Math.max(0, Math.min(1, value));
  return Math.round(255 * (v <= 0.0031308 ? v * 12.92 : 1.055 * v ** (1 / 2.4) - 0.055));
}

/** The hash's cosine components: their counts and linear colours; null when it is no hash. */
export function components(hash) {
  if (!hash || hash.length < 6) return null;
  const size = number(hash[0]);
  const [columns, rows] = [(size % 9) + 1, Math.floor(size / 9) + 1];
  if (hash.length !== 4 + 2 * columns * rows) return null;
  const peak = (number(hash[1]) + 1) / 166;
  const average = number(hash.slice(2, 6));
  const colours = [[toLinear(average >> 16), toLinear((average >> 8) & 255), toLinear(average & 255)]];
  for (let i = 1; i < columns * rows; i += 1) {
    const value = number(hash.slice(4 + i * 2, 6 + i * 2));
    colours.push([Math.floor(value / 361), Math.floor(value / 19) % 19, value % 19].map((part) => signedSquare((part - 9) / 9) * peak));
  }
  return { columns, rows, colours };
}

/** RGBA bytes of the hash at a size. */
export function pixels({ columns, rows, colours }, width, height) {
  const bytes = new Uint8ClampedArray(width * height * 4);
  const wave = (count, length) => Array.from({ length: count }, (_, n) => Float32Array.from({ length }, (__, at) => Math.cos((Math.PI * n * at) / length)));
  const [across, down] = [wave(columns, width), wave(rows, height)];
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 4) {
      const sum = [0, 0, 0];
      for (let j = 0, n = 0; j < rows; j += 1) {
        for (let i = 0; i < columns; i += 1, n += 1) {
          const weight = across[i][x] * down[j][y];
          for (let c = 0; c < 3; c += 1) sum[c] += colours[n][c] * weight;
        }
      }
      bytes.set([toByte(sum[0]), toByte(sum[1]), toByte(sum[2]), 255], at);
    }
  }
  return bytes;
}

/** Paint every canvas[data-blurhash] below `root`, once. */
export function paint(root = document) {
  for (const canvas of root.querySelectorAll?.("canvas[data-blurhash]") ?? []) {
    const parts = components(canvas.dataset.blurhash);
    delete canvas.dataset.blurhash;
    if (!parts) continue;
    const { width, height } = canvas;
    canvas.getContext("2d").putImageData(new ImageData(pixels(parts, width, height), width, height), 0, 0);
  }
}
