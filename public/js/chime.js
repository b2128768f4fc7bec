// @ts-check
// The sound of money that has come in: two notes, made here, so that no file is needed.

const NOTES = [{ hertz: 659.3, at: 0 }, { hertz: 987.8, at: 0.11 }];
const LOUDNESS = 0.18;
const SECONDS = 0.9;

export class Chime {
  /** @type {AudioContext|null} */
  #audio = null;

  /**
   * Gets ready. Browsers let a page sound only after somebody has touched it: until then it stays silent, and
   * this says so.
   *
   * @returns {Promise<boolean>} whether it can be heard
   */
  async prepare() {
    if (!('AudioContext' in window)) return false;
    this.#audio ??= new AudioContext();
    // Resuming waits for a touch, maybe for ever.
    await Promise.race([this.#audio.resume(), new Promise((done) => setTimeout(done, 300))]);
    return this.isAudible;
  }

  get isAudible() {
    return this.#audio?.state === 'running';
  }

  ring() {
    const audio = this.#audio;
    if (!audio || !this.isAudible) return;
    for (const { hertz, at } of NOTES) {
      const [note, volume] = [audio.createOscillator(), audio.createGain()];
      const start = audio.currentTime + at;
      note.type = 'sine';
      note.frequency.value = hertz;
      volume.gain.setValueAtTime(0, start);
      volume.gain.linearRampToValueAtTime(LOUDNESS, start + 0.012);
      volume.gain.exponentialRampToValueAtTime(0.0001, start + SECONDS);
      note.connect(volume).connect(audio.destination);
      note.start(start);
      note.stop(start + SECONDS);
    }
  }
}
